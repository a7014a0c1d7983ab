import type { RoadefModel } from './roadef-model.ts';

/** What the checker says of an assignment. */
export interface Verdict {
  /** Constraints that are broken, in words; none: the assignment is valid. */
  readonly problems: readonly string[];
  readonly cost: number;
  /** The parts of `cost`, with their weights. */
  readonly costs: RoadefCosts;
}

export interface RoadefCosts {
  readonly load: number;
  readonly balance: number;
  readonly processMove: number;
  readonly serviceMove: number;
  readonly machineMove: number;
}

/**
 * Judges an assignment from the definition of the problem alone: plain sums over all processes, nothing kept from one
 * call to the next, nothing shared with the search.
 */
export function checkAssignment(model: RoadefModel, initial: ArrayLike<number>, assignment: ArrayLike<number>): Verdict {
  const foreign = unplaced(model, assignment);
  if (foreign.length > 0) return { problems: foreign, cost: Number.NaN, costs: noCosts };
  const usage = sumUsage(model, assignment);
  const problems = [
    ...overCapacity(model, usage),
    ...overCapacityOnTheWay(model, initial, assignment),
    ...conflicts(model, assignment),
    ...tooNarrow(model, assignment),
    ...unmetDependencies(model, assignment),
  ];
  const costs = {
    load: loadCost(model, usage),
    balance: balanceCost(model, usage),
    ...moveCosts(model, initial, assignment),
  };
  return { problems, cost: costs.load + costs.balance + costs.processMove + costs.serviceMove + costs.machineMove, costs };
}

const noCosts: RoadefCosts = {
  load: Number.NaN,
  balance: Number.NaN,
  processMove: Number.NaN,
  serviceMove: Number.NaN,
  machineMove: Number.NaN,
};

function unplaced({ processes, machines }: RoadefModel, assignment: ArrayLike<number>): string[] {
  if (assignment.length !== processes) return [`${assignment.length} processes are placed of ${processes}`];
  return Array.from(assignment, (machine, p) => ({ machine, p }))
    .filter(({ machine }) => !(Number.isInteger(machine) && machine >= 0 && machine < machines))
    .map(({ machine, p }) => `process ${p} is on machine ${machine}, which does not exist`);
}

const at = (table: ArrayLike<number>, index: number): number => table[index] as number;

function sumUsage({ machines, resources, requirement }: RoadefModel, assignment: ArrayLike<number>): number[][] {
  const usage = Array.from({ length: machines }, () => resources.map(() => 0));
  Array.from(assignment).forEach((machine, p) => {
    const row = usage[machine] as number[];
    row.forEach((used, r) => {
      row[r] = used + at(requirement, p * resources.length + r);
    });
  });
  return usage;
}

function overCapacity({ resources, capacity }: RoadefModel, usage: readonly number[][]): string[] {
  return usage.flatMap((row, m) =>
    row.flatMap((used, r) => {
      const most = at(capacity, m * resources.length + r);
      return used > most ? [`machine ${m} uses ${used} of ${most} of resource ${r}`] : [];
    }),
  );
}

/** A transient resource is needed on the machine a process leaves and on the one it goes to. */
function overCapacityOnTheWay(model: RoadefModel, initial: ArrayLike<number>, assignment: ArrayLike<number>): string[] {
  const { resources, requirement, capacity } = model;
  const usage = sumUsage(model, assignment);
  for (let p = 0; p < model.processes; p++) {
    const left = at(initial, p);
    if (left === at(assignment, p)) continue;
    const row = usage[left] as number[];
    for (let r = 0; r < row.length; r++) row[r] = (row[r] as number) + at(requirement, p * resources.length + r);
  }
  return usage.flatMap((row, m) =>
    row.flatMap((used, r) => {
      const most = at(capacity, m * resources.length + r);
      return resources[r]?.transient && used > most ? [`machine ${m} uses ${used} of ${most} of resource ${r} during the moves`] : [];
    }),
  );
}

function conflicts({ service }: RoadefModel, assignment: ArrayLike<number>): string[] {
  const seen = new Map<string, number>();
  const problems: string[] = [];
  Array.from(assignment).forEach((machine, p) => {
    const key = `${at(service, p)} ${machine}`;
    const other = seen.get(key);
    if (other !== undefined) problems.push(`processes ${other} and ${p} of service ${at(service, p)} are both on machine ${machine}`);
    seen.set(key, p);
  });
  return problems;
}

/** For each service the values of `where` on the machines that it runs on. */
function reached({ services, service }: RoadefModel, assignment: ArrayLike<number>, where: ArrayLike<number>): Set<number>[] {
  const sets = services.map(() => new Set<number>());
  Array.from(assignment).forEach((machine, p) => sets[at(service, p)]?.add(at(where, machine)));
  return sets;
}

function tooNarrow(model: RoadefModel, assignment: ArrayLike<number>): string[] {
  const locations = reached(model, assignment, model.location);
  return model.services.flatMap(({ spread }, s) => {
    const size = locations[s]?.size ?? 0;
    return size < spread ? [`service ${s} is in ${size} locations and must be in ${spread}`] : [];
  });
}

function unmetDependencies(model: RoadefModel, assignment: ArrayLike<number>): string[] {
  const neighbourhoods = reached(model, assignment, model.neighbourhood);
  return model.services.flatMap(({ dependsOn }, s) =>
    dependsOn.flatMap((other) =>
      [...(neighbourhoods[s] ?? [])]
        .filter((n) => !neighbourhoods[other]?.has(n))
        .map((n) => `service ${s} is in neighbourhood ${n} without service ${other}, on which it depends`),
    ),
  );
}

function loadCost({ resources, safety }: RoadefModel, usage: readonly number[][]): number {
  let cost = 0;
  usage.forEach((row, m) =>
    row.forEach((used, r) => {
      cost += (resources[r]?.weight ?? 0) * Math.max(0, used - at(safety, m * resources.length + r));
    }),
  );
  return cost;
}

function balanceCost({ resources, balances, capacity }: RoadefModel, usage: readonly number[][]): number {
  let cost = 0;
  usage.forEach((row, m) => {
    const free = (r: number) => at(capacity, m * resources.length + r) - at(row, r);
    for (const { first, second, target, weight } of balances) cost += weight * Math.max(0, target * free(first) - free(second));
  });
  return cost;
}

function moveCosts(model: RoadefModel, initial: ArrayLike<number>, assignment: ArrayLike<number>) {
  const moved = model.services.map(() => 0);
  let processes = 0;
  let machines = 0;
  for (let p = 0; p < model.processes; p++) {
    const from = at(initial, p);
    const to = at(assignment, p);
    machines += at(model.machineMoveCost, from * model.machines + to);
    if (from === to) continue;
    processes += at(model.processMoveCost, p);
    moved[at(model.service, p)] = at(moved, at(model.service, p)) + 1;
  }
  return {
    processMove: processes * model.processMoveWeight,
    serviceMove: moved.reduce((most, count) => Math.max(most, count), 0) * model.serviceMoveWeight,
    machineMove: machines * model.machineMoveWeight,
  };
}

import type { Random } from '../../../src/base/index.ts';
import type { RoadefModel, RoadefService } from '../roadef-model.ts';

export interface ModelSize {
  readonly machines: number;
  readonly processes: number;
  readonly resources: number;
}

/** A random instance with a valid assignment. Capacities leave little room, so that every kind of constraint is in the way. */
export function randomModel(random: Random, { machines, processes, resources }: ModelSize): { model: RoadefModel; initial: Int32Array } {
  const below = (limit: number) => Math.floor(random() * limit);
  const table = (length: number, limit: number) => Float64Array.from({ length }, () => below(limit));
  const location = Int32Array.from({ length: machines }, () => below(Math.ceil(machines / 2)));
  const neighbourhood = Int32Array.from({ length: machines }, () => below(3));
  const initial = Int32Array.from({ length: processes }, () => below(machines));
  const services = Math.ceil(processes / 3);
  const taken = new Set<string>();
  const service = initial.map((machine) => {
    let s = below(services);
    while (taken.has(`${s} ${machine}`)) s = (s + 1) % (services + processes);
    taken.add(`${s} ${machine}`);
    return s;
  });
  const requirement = table(processes * resources, 20);
  const { capacity, safety } = roomFor(requirement, initial, machines, resources, below);
  return {
    model: {
      resources: Array.from({ length: resources }, (_, r) => ({ transient: r % 2 === 1, weight: below(4) })),
      machines,
      neighbourhood,
      location,
      capacity,
      safety,
      machineMoveCost: Uint8Array.from({ length: machines * machines }, (_, i) => (i % (machines + 1) === 0 ? 0 : below(9))),
      services: linked(services + processes, service, initial, location, neighbourhood, below),
      processes,
      service,
      requirement,
      processMoveCost: table(processes, 5),
      balances: resources > 1 ? [{ first: 0, second: 1, target: 2, weight: 3 }] : [],
      processMoveWeight: 1,
      serviceMoveWeight: 10,
      machineMoveWeight: 2,
    },
    initial,
  };
}

function roomFor(requirement: Float64Array, initial: Int32Array, machines: number, resources: number, below: (limit: number) => number) {
  const capacity = new Float64Array(machines * resources);
  for (const [p, machine] of initial.entries()) {
    for (let r = 0; r < resources; r++) {
      const at = machine * resources + r;
      capacity[at] = (capacity[at] as number) + (requirement[p * resources + r] as number);
    }
  }
  for (const at of capacity.keys()) capacity[at] = (capacity[at] as number) + below(30);
  return { capacity, safety: capacity.map((most) => Math.floor(most * 0.7)) };
}

/** Services as demanding as the assignment allows. */
function linked(
  count: number,
  service: Int32Array,
  initial: Int32Array,
  location: Int32Array,
  neighbourhood: Int32Array,
  below: (limit: number) => number,
): RoadefService[] {
  const reached = (where: Int32Array) => {
    const sets = Array.from({ length: count }, () => new Set<number>());
    for (const [p, machine] of initial.entries()) sets[service[p] as number]?.add(where[machine] as number);
    return sets;
  };
  const locations = reached(location);
  const neighbourhoods = reached(neighbourhood);
  return locations.map((own, s) => {
    const other = below(count);
    const met = [...(neighbourhoods[s] ?? [])].every((n) => neighbourhoods[other]?.has(n));
    return { spread: Math.max(0, own.size - below(2)), dependsOn: met ? [other] : [] };
  });
}

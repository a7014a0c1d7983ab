import { type Numbers, readNumbers } from './read-numbers.ts';
import type { RoadefBalance, RoadefModel, RoadefResource, RoadefService } from './roadef-model.ts';

/** Reads a model file of the challenge (`model_*.txt`). */
export async function readModel(file: string): Promise<RoadefModel> {
  const numbers = await readNumbers(file);
  const resources = list(
    numbers.next('the number of resources', 1000),
    (): RoadefResource => ({
      transient: numbers.next('whether a resource is transient', 1) === 1,
      weight: numbers.next('the weight of a load cost'),
    }),
  );
  const machines = readMachines(numbers, resources.length);
  const services = readServices(numbers);
  const processes = readProcesses(numbers, resources.length, services.length);
  const balances = list(numbers.next('the number of balance costs', 100_000), () => readBalance(numbers, resources.length));
  const weights = {
    processMoveWeight: numbers.next('the weight of process move costs'),
    serviceMoveWeight: numbers.next('the weight of service move costs'),
    machineMoveWeight: numbers.next('the weight of machine move costs'),
  };
  numbers.end();
  return { resources, ...machines, services, ...processes, balances, ...weights };
}

/** Reads an assignment file (`assignment_*.txt`): the machine of each process. */
export async function readAssignment(file: string, { processes, machines }: RoadefModel): Promise<Int32Array> {
  const numbers = await readNumbers(file);
  const assignment = new Int32Array(processes);
  for (let p = 0; p < processes; p++) assignment[p] = numbers.next(`the machine of process ${p}`, machines - 1);
  numbers.end();
  return assignment;
}

function readMachines(numbers: Numbers, resources: number) {
  const machines = numbers.next('the number of machines', 100_000);
  const neighbourhood = new Int32Array(machines);
  const location = new Int32Array(machines);
  const capacity = new Float64Array(machines * resources);
  const safety = new Float64Array(machines * resources);
  let machineMoveCost: RoadefModel['machineMoveCost'] = new Uint8Array(new SharedArrayBuffer(machines * machines));
  for (let m = 0; m < machines; m++) {
    neighbourhood[m] = numbers.next('the neighbourhood of a machine', 1_000_000);
    location[m] = numbers.next('the location of a machine', 1_000_000);
    for (let r = 0; r < resources; r++) capacity[m * resources + r] = numbers.next('a capacity');
    for (let r = 0; r < resources; r++) safety[m * resources + r] = numbers.next('a safety capacity');
    for (let to = 0; to < machines; to++) {
      const cost = numbers.next('the cost of a move between machines');
      if (cost > mostIn(machineMoveCost)) machineMoveCost = widen(machineMoveCost, cost);
      machineMoveCost[m * machines + to] = cost;
    }
  }
  return { machines, neighbourhood, location, capacity, safety, machineMoveCost };
}

const mostIn = (costs: RoadefModel['machineMoveCost']): number =>
  costs instanceof Uint8Array ? 0xff : costs instanceof Uint16Array ? 0xffff : Number.MAX_SAFE_INTEGER;

/** The costs in the narrowest array that holds `cost` too; shared, because every thread reads them. */
function widen(costs: RoadefModel['machineMoveCost'], cost: number): RoadefModel['machineMoveCost'] {
  const wider =
    cost <= 0xffff ? new Uint16Array(new SharedArrayBuffer(costs.length * 2)) : new Float64Array(new SharedArrayBuffer(costs.length * 8));
  wider.set(costs);
  return wider;
}

function readServices(numbers: Numbers): readonly RoadefService[] {
  const count = numbers.next('the number of services', 10_000_000);
  return list(count, () => {
    const spread = numbers.next('the least spread of a service');
    const dependencies = numbers.next('the number of dependencies of a service', count);
    return { spread, dependsOn: list(dependencies, () => numbers.next('a service depended on', count - 1)) };
  });
}

function readProcesses(numbers: Numbers, resources: number, services: number) {
  const processes = numbers.next('the number of processes', 10_000_000);
  const service = new Int32Array(processes);
  const requirement = new Float64Array(processes * resources);
  const processMoveCost = new Float64Array(processes);
  for (let p = 0; p < processes; p++) {
    service[p] = numbers.next('the service of a process', services - 1);
    for (let r = 0; r < resources; r++) requirement[p * resources + r] = numbers.next('a requirement');
    processMoveCost[p] = numbers.next('the cost of moving a process');
  }
  return { processes, service, requirement, processMoveCost };
}

function readBalance(numbers: Numbers, resources: number): RoadefBalance {
  const resource = () => numbers.next('a resource of a balance cost', resources - 1);
  const first = resource();
  const second = resource();
  return { first, second, target: numbers.next('the target of a balance cost'), weight: numbers.next('the weight of a balance cost') };
}

function list<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

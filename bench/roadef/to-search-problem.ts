import { createRuleTables, type Level, type SearchProblem, type Tally } from '../../src/placement/index.ts';
import type { RoadefModel } from './roadef-model.ts';

/**
 * The challenge's problem in the engine's words: a process is an item, a machine a bin; location and neighbourhood are
 * levels of the topology; a service is a spread rule over machines and locations, a dependency a one-sided rule of
 * being together in a neighbourhood.
 */
export function toSearchProblem(model: RoadefModel, initial: Int32Array): SearchProblem {
  const { resources } = model;
  return {
    items: model.processes,
    bins: model.machines,
    resources: resources.length,
    requirement: model.requirement,
    capacity: model.capacity,
    safety: model.safety,
    loadWeight: Float64Array.from(resources, ({ weight }) => weight),
    transient: Uint8Array.from(resources, ({ transient }) => Number(transient)),
    balances: model.balances,
    home: initial,
    itemMoveCost: model.processMoveCost.map((cost) => cost * model.processMoveWeight),
    pairMoveCost: model.machineMoveCost,
    pairMoveWeight: model.machineMoveWeight,
    group: model.service,
    groups: model.services.length,
    groupMoveWeight: model.serviceMoveWeight,
    rules: createRuleTables(levels(model), tallies(model), initial),
  };
}

const byMachine = 0;
const byLocation = 1;
const byNeighbourhood = 2;

function levels({ machines, location, neighbourhood }: RoadefModel): Level[] {
  const own = Int32Array.from({ length: machines }, (_, m) => m);
  return [{ domains: machines, domainOf: own }, numbered(location), numbered(neighbourhood)];
}

function numbered(labels: Int32Array): Level {
  const numbers = new Map<number, number>();
  const domainOf = labels.map((label) => {
    const number = numbers.get(label) ?? numbers.size;
    numbers.set(label, number);
    return number;
  });
  return { domains: numbers.size, domainOf };
}

function tallies({ services, processes, service }: RoadefModel): Tally[] {
  const members: number[][] = services.map(() => []);
  for (let p = 0; p < processes; p++) members[service[p] as number]?.push(p);
  const found: Tally[] = [];
  for (const [s, { spread }] of services.entries()) {
    const items = members[s] as number[];
    if (items.length > 1) found.push({ items, level: byMachine, most: 1 });
    if (spread > 1) found.push({ items, level: byLocation, least: spread });
  }
  const linked = new Set(services.flatMap(({ dependsOn }, s) => (dependsOn.length > 0 ? [s, ...dependsOn] : [])));
  const first = found.length;
  const position = new Map([...linked].map((s, i) => [s, first + i]));
  for (const s of linked) {
    const needs = [...new Set(services[s]?.dependsOn)].filter((other) => other !== s).map((other) => position.get(other) as number);
    found.push({ items: members[s] as number[], level: byNeighbourhood, needs });
  }
  return found;
}

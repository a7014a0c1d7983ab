import type { SearchProblem } from '../../src/placement/index.ts';
import type { RoadefModel } from './roadef-model.ts';
import { compileRoadefRules } from './to-location.ts';

/** The challenge's problem in the engine's words: a process is an item, a machine a bin, its constraints are rules of location. */
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
    rules: compileRoadefRules(model, initial),
  };
}

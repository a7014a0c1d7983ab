import { noNode } from '../cluster/cluster-data.ts';
import { levelsAbove, moveCost, type VectorState } from './vector-state.ts';

/** See `SearchModel.weighShift`. */
export function weighShift(state: VectorState, item: number, to: number, most: number): number {
  const from = state.binOf[item] as number;
  if (from === to) return Number.POSITIVE_INFINITY;
  const before = state.binCost[to] as number;
  const gain = gainOfLeaving(state, item, from) - before;
  let after = strainOfEntering(state, item, to, most - gain);
  after = costWith(state, item, to, after, most - gain);
  let delta = after + gain + moveCost(state, item, to);
  if (state.problem.groupMoveWeight > 0) delta += weighAway(state, item, from, to);
  if (!(delta <= most) || !withinBudget(state, item, from, to)) return Number.POSITIVE_INFINITY;
  const change = state.ruleChange;
  state.problem.rules.weigh(item, to, noNode, change);
  delta += change[1] as number;
  return (change[0] as number) > 0 || delta > most ? Number.POSITIVE_INFINITY : delta;
}

/** Price of the room that lacks; Infinity as soon as it passes the limit. At home transient needs were never given back. */
function strainOfEntering(state: VectorState, item: number, to: number, limit: number): number {
  const { problem, dimensions, transients, size, room, strain, pressure } = state;
  const at = item * dimensions;
  const row = to * dimensions;
  let sum = 0;
  for (let d = problem.home[item] === to ? transients : 0; d < dimensions; d++) {
    const need = size[at + d] as number;
    const free = room[row + d] as number;
    if (need <= free || need === 0) continue;
    if (pressure === Number.POSITIVE_INFINITY) return pressure;
    sum += pressure * (strain[d] as number) * (free < 0 ? need : need - free);
    if (sum > limit) return Number.POSITIVE_INFINITY;
  }
  return sum;
}

/** Price of the room that lacks no more, as a number below 0. */
function strainOfLeaving(state: VectorState, item: number, from: number): number {
  const { problem, dimensions, transients, size, room, strain, pressure, overfull } = state;
  if (overfull === 0) return 0;
  const at = item * dimensions;
  const row = from * dimensions;
  let sum = 0;
  for (let d = problem.home[item] === from ? transients : 0; d < dimensions; d++) {
    const free = room[row + d] as number;
    if (free < 0) sum += (strain[d] as number) * Math.min(-free, size[at + d] as number);
  }
  return sum === 0 ? 0 : -sum * pressure;
}

/** What changes at the bin an item leaves, and in its own move costs. Kept for the next target of the same item. */
function gainOfLeaving(state: VectorState, item: number, from: number): number {
  if (state.leaver === item) return state.leaverGain;
  const { costDimensions, price, level } = state;
  let cost = 0;
  for (let c = 0, at = item * costDimensions, row = from * costDimensions; c < costDimensions; c++) {
    const above = (level[row + c] as number) - (price[at + c] as number);
    if (above > 0) cost += above;
  }
  state.leaver = item;
  state.leaverGain = cost - (state.binCost[from] as number) - moveCost(state, item, from) + strainOfLeaving(state, item, from);
  return state.leaverGain;
}

/** Adds the cost of a bin with one item more; Infinity as soon as the sum passes the limit. */
function costWith(state: VectorState, item: number, bin: number, sum: number, limit: number): number {
  const { costDimensions, price, level } = state;
  let cost = sum;
  for (let c = 0, at = item * costDimensions, row = bin * costDimensions; c < costDimensions; c++) {
    const above = (level[row + c] as number) + (price[at + c] as number);
    if (above > 0) {
      cost += above;
      if (cost > limit) return Number.POSITIVE_INFINITY;
    }
  }
  return cost;
}

/** What an item's shift changes for the group with the most items away. */
function weighAway(state: VectorState, item: number, from: number, to: number): number {
  const { problem, away, groupsWith, mostAway } = state;
  const change = awayChange(state, item, from, to);
  if (change === 0) return 0;
  const count = away[problem.group[item] as number] as number;
  if (count !== mostAway) return 0;
  if (change > 0) return problem.groupMoveWeight;
  return (groupsWith[mostAway] as number) === 1 ? -problem.groupMoveWeight : 0;
}

/** 1: the item leaves home; -1: it comes back. */
function awayChange({ problem }: VectorState, item: number, from: number, to: number): number {
  const home = problem.home[item] as number;
  return from === home ? 1 : to === home ? -1 : 0;
}

function withinBudget(state: VectorState, item: number, from: number, to: number): boolean {
  const { budget } = state.problem;
  if (!budget || awayChange(state, item, from, to) <= 0) return true;
  return state.moves < budget.moves && state.data + (budget.dataOf[item] as number) <= budget.data;
}

/** See `SearchModel.weighSwap`. */
export function weighSwap(state: VectorState, a: number, b: number, most: number): number {
  const binA = state.binOf[a] as number;
  const binB = state.binOf[b] as number;
  if (binA === binB) return Number.POSITIVE_INFINITY;
  const before = (state.binCost[binA] as number) + (state.binCost[binB] as number) + moveCost(state, a, binA) + moveCost(state, b, binB);
  const limit = most + before;
  // Where room lacks already a swap may bring relief, so that nothing is known before it is added.
  let after = strainInstead(state, a, b, binA) + strainInstead(state, b, a, binB);
  if (after > limit) return Number.POSITIVE_INFINITY;
  after = costInstead(state, a, b, binA, after, limit);
  if (after > limit) return Number.POSITIVE_INFINITY;
  after = costInstead(state, b, a, binB, after, limit);
  let delta = after - before + moveCost(state, a, binB) + moveCost(state, b, binA);
  if (state.problem.groupMoveWeight > 0) delta += weighBothAway(state, a, b, binA, binB);
  if (!(delta <= most) || !bothWithinBudget(state, a, b, binA, binB)) return Number.POSITIVE_INFINITY;
  delta += ruleCostOfSwap(state, a, b, binA, binB);
  return delta > most ? Number.POSITIVE_INFINITY : delta;
}

/**
 * Of both moves together: processes of a group that change places are never on one bin. Of different groups, each move is
 * weighed for itself first, which is enough to refuse most.
 */
function ruleCostOfSwap({ problem, ruleChange }: VectorState, a: number, b: number, binA: number, binB: number): number {
  const { rules, group } = problem;
  rules.weigh(a, binB, noNode, ruleChange);
  const hard = ruleChange[0] as number;
  const soft = ruleChange[1] as number;
  if (group[a] !== group[b]) {
    if (hard > 0) return Number.POSITIVE_INFINITY;
    rules.weigh(b, binA, noNode, ruleChange);
    if ((ruleChange[0] as number) > 0) return Number.POSITIVE_INFINITY;
  }
  rules.place(a, binB, noNode);
  rules.weigh(b, binA, noNode, ruleChange);
  rules.place(a, binA, noNode);
  return hard + (ruleChange[0] as number) > 0 ? Number.POSITIVE_INFINITY : soft + (ruleChange[1] as number);
}

/** Price of the room that lacks in the bin more than now, or less, when `comes` is there and `goes` is gone. */
function strainInstead(state: VectorState, goes: number, comes: number, bin: number): number {
  const { problem, dimensions, transients, size, room, strain, pressure } = state;
  const minus = goes * dimensions;
  const plus = comes * dimensions;
  const row = bin * dimensions;
  const kept = problem.home[goes] === bin ? transients : 0;
  const there = problem.home[comes] === bin ? transients : 0;
  let sum = 0;
  for (let d = kept < there ? kept : there; d < dimensions; d++) {
    const free = room[row + d] as number;
    const then = free + (d < kept ? 0 : (size[minus + d] as number)) - (d < there ? 0 : (size[plus + d] as number));
    if (then >= 0 && free >= 0) continue;
    if (pressure === Number.POSITIVE_INFINITY) {
      if (then < free) return pressure;
      continue;
    }
    sum += (strain[d] as number) * ((free < 0 ? free : 0) - (then < 0 ? then : 0));
  }
  return sum === 0 ? 0 : sum * pressure;
}

/** Adds the cost of a bin with one item in place of another; Infinity as soon as the sum passes the limit. */
function costInstead(state: VectorState, goes: number, comes: number, bin: number, sum: number, limit: number): number {
  const { costDimensions, price, level } = state;
  const minus = goes * costDimensions;
  const plus = comes * costDimensions;
  const row = bin * costDimensions;
  let cost = sum;
  for (let c = 0; c < costDimensions; c++) {
    const above = (level[row + c] as number) - (price[minus + c] as number) + (price[plus + c] as number);
    if (above > 0) {
      cost += above;
      if (cost > limit) return Number.POSITIVE_INFINITY;
    }
  }
  return cost;
}

function weighBothAway(state: VectorState, a: number, b: number, binA: number, binB: number): number {
  if (awayChange(state, a, binA, binB) === 0 && awayChange(state, b, binB, binA) === 0) return 0;
  const { cost, mostAway } = state;
  countAway(state, a, binA, binB);
  countAway(state, b, binB, binA);
  const after = state.mostAway;
  countAway(state, a, binB, binA);
  countAway(state, b, binA, binB);
  state.cost = cost;
  return (after - mostAway) * state.problem.groupMoveWeight;
}

function bothWithinBudget(state: VectorState, a: number, b: number, binA: number, binB: number): boolean {
  const { budget } = state.problem;
  if (!budget) return true;
  const changeA = awayChange(state, a, binA, binB);
  const changeB = awayChange(state, b, binB, binA);
  const data = state.data + changeA * (budget.dataOf[a] as number) + changeB * (budget.dataOf[b] as number);
  const more = changeA + changeB > 0 || data > state.data;
  return !more || (state.moves + changeA + changeB <= budget.moves && data <= budget.data);
}

export function applySwap(state: VectorState, a: number, b: number): void {
  const binA = state.binOf[a] as number;
  moveItem(state, a, state.binOf[b] as number);
  moveItem(state, b, binA);
}

/** Takes an item to a bin. */
export function moveItem(state: VectorState, item: number, to: number): void {
  const { problem, binOf } = state;
  const from = binOf[item] as number;
  if (from === to) return;
  state.cost += moveCost(state, item, to) - moveCost(state, item, from);
  changeRoom(state, item, from, 1);
  changeRoom(state, item, to, -1);
  changeLevel(state, item, from, -1);
  changeLevel(state, item, to, 1);
  state.cost -= problem.rules.soft;
  problem.rules.place(item, to, noNode);
  state.cost += problem.rules.soft;
  countAway(state, item, from, to);
  binOf[item] = to;
  state.leaver = -1;
}

function changeRoom(state: VectorState, item: number, bin: number, sign: 1 | -1): void {
  const { problem, dimensions, transients, size, room } = state;
  const at = item * dimensions;
  const row = bin * dimensions;
  for (let d = problem.home[item] === bin ? transients : 0; d < dimensions; d++) {
    const before = room[row + d] as number;
    const after = before + sign * (size[at + d] as number);
    room[row + d] = after;
    if (before < 0 !== after < 0) state.overfull += after < 0 ? 1 : -1;
  }
}

function changeLevel(state: VectorState, item: number, bin: number, sign: 1 | -1): void {
  const { costDimensions, price, level } = state;
  const at = item * costDimensions;
  const row = bin * costDimensions;
  for (let c = 0; c < costDimensions; c++) level[row + c] = (level[row + c] as number) + sign * (price[at + c] as number);
  const cost = levelsAbove(state, bin);
  state.cost += cost - (state.binCost[bin] as number);
  state.binCost[bin] = cost;
}

function countAway(state: VectorState, item: number, from: number, to: number): void {
  const change = awayChange(state, item, from, to);
  if (change === 0) return;
  const { problem, away, groupsWith } = state;
  const group = problem.group[item] as number;
  const before = away[group] as number;
  const after = before + change;
  away[group] = after;
  groupsWith[before] = (groupsWith[before] as number) - 1;
  groupsWith[after] = (groupsWith[after] as number) + 1;
  if (after > state.mostAway || (before === state.mostAway && groupsWith[before] === 0)) {
    state.mostAway = after;
    state.cost += change * problem.groupMoveWeight;
  }
  state.moves += change;
  if (problem.budget) state.data += change * (problem.budget.dataOf[item] as number);
}

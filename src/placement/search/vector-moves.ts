import { allowsShift, allowsSwap, countShift } from './rule-tables.ts';
import { levelsAbove, moveCost, type VectorState } from './vector-state.ts';

/** See `SearchModel.weighShift`. */
export function weighShift(state: VectorState, item: number, to: number, most: number): number {
  const from = state.binOf[item] as number;
  if (from === to || !fits(state, item, to)) return Number.POSITIVE_INFINITY;
  let delta = gainOfLeaving(state, item, from) - (state.binCost[to] as number);
  // What is there already only grows when every price is positive; a balance may shrink it, to nothing at best.
  if (delta > most) return Number.POSITIVE_INFINITY;
  delta += costWith(state, item, to) + moveCost(state, item, to);
  if (state.problem.groupMoveWeight > 0) delta += weighAway(state, item, from, to);
  if (delta > most || !withinBudget(state, item, from, to) || !allowsShift(state.problem.rules, item, from, to)) {
    return Number.POSITIVE_INFINITY;
  }
  return delta;
}

function fits({ problem, dimensions, transients, size, room }: VectorState, item: number, to: number): boolean {
  const at = item * dimensions;
  const row = to * dimensions;
  // At home its transient needs were never given back.
  for (let d = problem.home[item] === to ? transients : 0; d < dimensions; d++) {
    if ((size[at + d] as number) > (room[row + d] as number)) return false;
  }
  return true;
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
  state.leaverGain = cost - (state.binCost[from] as number) - moveCost(state, item, from);
  return state.leaverGain;
}

function costWith({ costDimensions, price, level }: VectorState, item: number, bin: number): number {
  let cost = 0;
  for (let c = 0, at = item * costDimensions, row = bin * costDimensions; c < costDimensions; c++) {
    const above = (level[row + c] as number) + (price[at + c] as number);
    if (above > 0) cost += above;
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
  if (binA === binB || !fitsInstead(state, a, b, binA) || !fitsInstead(state, b, a, binB)) return Number.POSITIVE_INFINITY;
  let delta = costInstead(state, a, b, binA) - (state.binCost[binA] as number) - (state.binCost[binB] as number);
  if (delta > most) return Number.POSITIVE_INFINITY;
  delta += costInstead(state, b, a, binB);
  delta += moveCost(state, a, binB) - moveCost(state, a, binA) + moveCost(state, b, binA) - moveCost(state, b, binB);
  if (state.problem.groupMoveWeight > 0) delta += weighBothAway(state, a, b, binA, binB);
  if (delta > most || !bothWithinBudget(state, a, b, binA, binB) || !allowsSwap(state.problem.rules, a, b, binA, binB)) {
    return Number.POSITIVE_INFINITY;
  }
  return delta;
}

/** Whether `comes` has room in the bin when `goes` is gone. */
function fitsInstead({ problem, dimensions, transients, size, room }: VectorState, goes: number, comes: number, bin: number): boolean {
  const minus = goes * dimensions;
  const plus = comes * dimensions;
  const row = bin * dimensions;
  const kept = problem.home[goes] === bin ? transients : 0;
  for (let d = problem.home[comes] === bin ? transients : 0; d < dimensions; d++) {
    const freed = d < kept ? 0 : (size[minus + d] as number);
    if ((size[plus + d] as number) > (room[row + d] as number) + freed) return false;
  }
  return true;
}

function costInstead({ costDimensions, price, level }: VectorState, goes: number, comes: number, bin: number): number {
  const minus = goes * costDimensions;
  const plus = comes * costDimensions;
  const row = bin * costDimensions;
  let cost = 0;
  for (let c = 0; c < costDimensions; c++) {
    const above = (level[row + c] as number) - (price[minus + c] as number) + (price[plus + c] as number);
    if (above > 0) cost += above;
  }
  return cost;
}

function weighBothAway(state: VectorState, a: number, b: number, binA: number, binB: number): number {
  if (awayChange(state, a, binA, binB) === 0 && awayChange(state, b, binB, binA) === 0) return 0;
  const before = state.mostAway;
  countAway(state, a, binA, binB);
  countAway(state, b, binB, binA);
  const after = state.mostAway;
  countAway(state, a, binB, binA);
  countAway(state, b, binA, binB);
  return (after - before) * state.problem.groupMoveWeight;
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

export function applyShift(state: VectorState, item: number, to: number, delta: number): void {
  moveItem(state, item, to);
  state.cost += delta;
}

export function applySwap(state: VectorState, a: number, b: number, delta: number): void {
  const binA = state.binOf[a] as number;
  moveItem(state, a, state.binOf[b] as number);
  moveItem(state, b, binA);
  state.cost += delta;
}

/** Takes an item to a bin: all tables, but not `cost`. */
export function moveItem(state: VectorState, item: number, to: number): void {
  const { problem, binOf } = state;
  const from = binOf[item] as number;
  changeRoom(state, item, from, 1);
  changeRoom(state, item, to, -1);
  changeLevel(state, item, from, -1);
  changeLevel(state, item, to, 1);
  countShift(problem.rules, item, from, to);
  countAway(state, item, from, to);
  binOf[item] = to;
  state.leaver = -1;
}

function changeRoom({ problem, dimensions, transients, size, room }: VectorState, item: number, bin: number, sign: 1 | -1): void {
  const at = item * dimensions;
  const row = bin * dimensions;
  for (let d = problem.home[item] === bin ? transients : 0; d < dimensions; d++) {
    room[row + d] = (room[row + d] as number) + sign * (size[at + d] as number);
  }
}

function changeLevel(state: VectorState, item: number, bin: number, sign: 1 | -1): void {
  const { costDimensions, price, level } = state;
  const at = item * costDimensions;
  const row = bin * costDimensions;
  for (let c = 0; c < costDimensions; c++) level[row + c] = (level[row + c] as number) + sign * (price[at + c] as number);
  state.binCost[bin] = levelsAbove(state, bin);
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
  if (after > state.mostAway) state.mostAway = after;
  else if (before === state.mostAway && groupsWith[before] === 0) state.mostAway = after;
  state.moves += change;
  if (problem.budget) state.data += change * (problem.budget.dataOf[item] as number);
}

import { noNode } from '../cluster/cluster-data.ts';
import { nowhere } from './search-model.ts';
import { levelsAbove, moveCost, type VectorState } from './vector-state.ts';

/** Takes an item from where it is, a bin or nowhere, to another bin or nowhere. */
export function moveItem(state: VectorState, item: number, to: number): void {
  const { binOf, problem } = state;
  const from = binOf[item] as number;
  if (from !== nowhere) leave(state, item, from);
  if (to !== nowhere) enter(state, item, to);
  binOf[item] = to;
  const { rules } = problem;
  const before = rules.soft;
  rules.place(item, to === nowhere ? noNode : to, noNode);
  state.cost += rules.soft - before;
}

function leave(state: VectorState, item: number, bin: number): void {
  const { members, position, vacated } = state;
  changeBin(state, item, bin, -1);
  vacated[state.vacancies++ % vacated.length] = bin;
  const inside = members[bin] as number[];
  const last = inside.pop() as number;
  if (last === item) return;
  const at = position[item] as number;
  inside[at] = last;
  position[last] = at;
}

function enter(state: VectorState, item: number, bin: number): void {
  changeBin(state, item, bin, 1);
  state.position[item] = (state.members[bin] as number[]).push(item) - 1;
}

/** Room, levels and costs with an item more, or less, in a bin. */
function changeBin(state: VectorState, item: number, bin: number, sign: 1 | -1): void {
  const { problem, dimensions, transients, size, room, costDimensions, price, level, binCost } = state;
  const away = problem.home[item] !== bin;
  // At home transient needs are never given back, so that they need not be asked for again.
  for (let d = away ? 0 : transients, at = item * dimensions, row = bin * dimensions; d < dimensions; d++) {
    room[row + d] = (room[row + d] as number) - sign * (size[at + d] as number);
  }
  for (let c = 0, at = item * costDimensions, row = bin * costDimensions; c < costDimensions; c++) {
    level[row + c] = (level[row + c] as number) + sign * (price[at + c] as number);
  }
  const cost = levelsAbove(state, bin);
  state.cost += cost - (binCost[bin] as number) + sign * moveCost(state, item, bin);
  binCost[bin] = cost;
  if (away) countAway(state, item, sign);
}

/** An item more, or less, of its group is away from home. */
function countAway(state: VectorState, item: number, by: 1 | -1): void {
  const { problem, away, groupsWith } = state;
  const group = problem.group[item] as number;
  const before = away[group] as number;
  const after = before + by;
  away[group] = after;
  groupsWith[before] = (groupsWith[before] as number) - 1;
  groupsWith[after] = (groupsWith[after] as number) + 1;
  if (after > state.mostAway || (before === state.mostAway && groupsWith[before] === 0)) {
    state.mostAway = after;
    state.cost += by * problem.groupMoveWeight;
  }
}

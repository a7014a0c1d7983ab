import { admitPrimary, admitSecondary } from '../state/admit.ts';
import type { Search, Wanted } from './search.ts';
import { known, weighingOf } from './weighing.ts';

/** Asks each node by itself whether it takes the instance in either role. */
export function weighNodes(search: Search, wanted: Wanted, primaries: Int32Array, secondaries: Int32Array): void {
  const { state, force, weighings, allocation } = search;
  const { row } = wanted;
  const { nodes } = state;
  const weighing = weighingOf(weighings, state, allocation, wanted.instance);
  search.weighing = weighing;
  const { primary, secondary, policies } = weighing;
  for (let k = 0; k < primaries.length; k++) {
    const p = primaries[k] as number;
    if (primary.known[p] !== known.nothing) continue;
    primary.known[p] = known.refusal;
    primary.refusals[p] = policies[nodes.group[p] as number]?.[nodes.exclusive[p] as 0 | 1] || admitPrimary(state, p, row, force);
  }
  for (let k = 0; k < secondaries.length; k++) {
    const s = secondaries[k] as number;
    if (secondary.known[s] !== known.nothing) continue;
    secondary.known[s] = known.refusal;
    secondary.refusals[s] = admitSecondary(state, s, row, s, false, false);
  }
}

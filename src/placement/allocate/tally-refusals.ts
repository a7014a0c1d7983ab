import { failMode } from '../state/fail-mode.ts';
import { crowds, mayCrowd } from './crowds.ts';
import type { Search, Wanted } from './search.ts';

/** Counts by fail mode what limits refuse, without going through all pairs. @returns how many candidates are left */
export function tallyRefusals(
  search: Search,
  { row }: Wanted,
  primaries: Int32Array,
  secondaries: Int32Array | undefined,
  failures: Int32Array,
): number {
  const { state, weighing } = search;
  const { refusals } = weighing.primary;
  const secondaryRefusals = weighing.secondary.refusals;
  const add = (mode: number, count: number) => void (failures[mode] = (failures[mode] as number) + count);
  if (!secondaries) {
    for (const p of primaries) add(refusals[p] as number, 1);
    return taken(failures);
  }
  const isPrimary = new Uint8Array(state.nodeCount);
  const isSecondary = new Uint8Array(state.nodeCount);
  for (const s of secondaries) isSecondary[s] = 1;
  let open = 0;
  for (const p of primaries) {
    if (refusals[p] !== 0) add(refusals[p] as number, secondaries.length - (isSecondary[p] as number));
    else open += isPrimary[p] = 1;
  }
  for (const s of secondaries) {
    const pairs = open - (isPrimary[s] as number);
    if (secondaryRefusals[s] !== 0) {
      add(secondaryRefusals[s] as number, pairs);
      continue;
    }
    const crowded = mayCrowd(search, row, s)
      ? primaries.filter((p) => p !== s && refusals[p] === 0 && crowds(search, row, p, s)).length
      : 0;
    add(failMode.memory, crowded);
    add(failMode.none, pairs - crowded);
  }
  return taken(failures);
}

/** The places that nothing refuses are no failures. */
function taken(failures: Int32Array): number {
  const open = failures[failMode.none] as number;
  failures[failMode.none] = 0;
  return open;
}

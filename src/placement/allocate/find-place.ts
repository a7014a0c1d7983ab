import { noNode } from '../cluster/cluster-data.ts';
import { breaksHardRule } from '../location/rule-book.ts';
import { failMode, failNames } from '../state/fail-mode.ts';
import { boundPlaces } from './bound-places.ts';
import { crowds } from './crowds.ts';
import { findBounded } from './find-bounded.ts';
import { clusterStatistics, exactScore, placeScore, refusedByRule } from './place-score.ts';
import { isRedundant, isRedundantWith, type Redundancy, strandedOn } from './redundancy.ts';
import type { Place, Search, Wanted } from './search.ts';
import { tallyRefusals } from './tally-refusals.ts';

/** The nodes that come into question. With `secondaries`, every pair of two different ones. */
export interface Candidates {
  readonly primaries: Int32Array;
  readonly secondaries?: Int32Array | undefined;
}

/** What came of looking for a place. */
export interface Finding {
  readonly place: Place | undefined;
  readonly successes: number;
  /** Refused candidates by fail mode. */
  readonly failures: Int32Array;
  /** Candidates that only hard rules of location refused. */
  readonly refusedByRules: number;
}

export interface FindOptions {
  /** Called for the candidates, the best first, until one keeps the cluster redundant; undefined: no check. */
  readonly redundancy: Redundancy | undefined;
  /** Refusals need not be counted. */
  readonly silent?: boolean | undefined;
  /** A place with a higher score is not wanted. */
  readonly atMost?: number | undefined;
}

/** Up to this number, all candidates are computed exactly; of more candidates, only those that bounds do not exclude. */
const fewPairs = 2500;
const fewNodes = 48;

/**
 * The place where the score is least; of equals the last in order, as Ganeti has it. The nodes were weighed already.
 */
export function findPlace(
  search: Search,
  wanted: Wanted,
  { primaries, secondaries }: Candidates,
  { redundancy, silent, atMost }: FindOptions,
): Finding {
  const total = secondaries ? primaries.length * secondaries.length : primaries.length;
  const few = secondaries ? total <= fewPairs : total <= fewNodes;
  if (!few) boundPlaces(search, wanted, primaries, secondaries ?? new Int32Array());
  const failures = new Int32Array(failNames.length);
  const open = few || !silent ? tallyRefusals(search, wanted, primaries, secondaries, failures) : 0;
  if (!few && !redundancy) {
    const place = findBounded(search, wanted, primaries, secondaries, atMost);
    const refusedByRules = silent || !search.rules ? 0 : countRuleRefusals(search, wanted, primaries, secondaries);
    return { place, successes: open - refusedByRules, failures, refusedByRules };
  }
  if (!few && redundancy && !isRedundant(redundancy)) {
    // A resource that is already short does not increase when an instance is added.
    failures[failMode.n1] = (failures[failMode.n1] as number) + open;
    return { place: undefined, successes: 0, failures, refusedByRules: 0 };
  }
  if (redundancy && !search.rules && open > 0 && strandsEverywhere(search, wanted, primaries, redundancy)) {
    failures[failMode.n1] = (failures[failMode.n1] as number) + open;
    return { place: undefined, successes: 0, failures, refusedByRules: 0 };
  }
  const ranked = rank(search, wanted, primaries, secondaries, few);
  const refusedByRules = open - ranked.length;
  if (!redundancy) return { place: ranked[0], successes: ranked.length, failures, refusedByRules };
  const lists = secondaries ? [...Map.groupBy(ranked, ({ primary }) => primary).values()] : [ranked];
  let place: Ranked | undefined;
  let dropped = 0;
  for (const list of lists) {
    const at = list.findIndex(({ primary, secondary }) => isRedundantWith(redundancy, wanted, primary, secondary));
    dropped += at < 0 ? list.length : at;
    const found = list[at];
    if (found && (!place || inOrder(found, place) < 0)) place = found;
  }
  failures[failMode.n1] = (failures[failMode.n1] as number) + dropped;
  return { place, successes: ranked.length - dropped, failures, refusedByRules };
}

/** Whether global N+1 refuses all places, for the sake of the instance itself. */
function strandsEverywhere(search: Search, wanted: Wanted, primaries: Int32Array, redundancy: Redundancy): boolean {
  const isStranded = strandedOn(redundancy, wanted);
  return primaries.every((p) => search.weighing.primary.refusals[p] !== 0 || isStranded(p));
}

type Ranked = Place & { readonly order: number };

const inOrder = (a: Ranked, b: Ranked): number => a.score - b.score || b.order - a.order;

/** All places that are admitted, the best first. */
function rank(search: Search, wanted: Wanted, primaries: Int32Array, secondaries: Int32Array | undefined, exact: boolean): Ranked[] {
  const statistics = exact && secondaries ? clusterStatistics(search.state) : [];
  const ranked: Ranked[] = [];
  let order = 0;
  forEachOpen(search, wanted, primaries, secondaries, (primary, secondary) => {
    order++;
    const score = exact ? exactScore(search, wanted, primary, secondary, statistics) : placeScore(search, wanted, primary, secondary);
    if (score !== refusedByRule) ranked.push({ primary, secondary, score, order });
  });
  return ranked.sort(inOrder);
}

function countRuleRefusals(search: Search, wanted: Wanted, primaries: Int32Array, secondaries: Int32Array | undefined): number {
  let refused = 0;
  forEachOpen(search, wanted, primaries, secondaries, (primary, secondary) => {
    search.rules?.weigh(wanted.row, primary, secondary, search.weighed);
    if (breaksHardRule(search.weighed)) refused++;
  });
  return refused;
}

/** Visits the places that no limit refuses, in order. */
function forEachOpen(
  search: Search,
  { row }: Wanted,
  primaries: Int32Array,
  secondaries: Int32Array | undefined,
  visit: (primary: number, secondary: number) => void,
): void {
  const { refusals } = search.weighing.primary;
  const secondaryRefusals = search.weighing.secondary.refusals;
  for (const p of primaries) {
    if (refusals[p] !== 0) continue;
    if (!secondaries) visit(p, noNode);
    else for (const s of secondaries) if (s !== p && secondaryRefusals[s] === 0 && !crowds(search, row, p, s)) visit(p, s);
  }
}

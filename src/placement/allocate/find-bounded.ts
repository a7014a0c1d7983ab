import { noNode } from '../cluster/cluster-data.ts';
import { crowds, mayCrowd } from './crowds.ts';
import { clusterStatistics, exactScore, placeScore } from './place-score.ts';
import type { Place, Search, Wanted } from './search.ts';
import { sparePlaces } from './spare-places.ts';
import type { RoleWeights } from './weighing.ts';

/** Scores nearer than this may be equal but for rounding. */
const tolerance = 1e-10;
/** Maximum number of pairs that are computed exactly; there are more only if very many are equally good. */
const mostPairs = 20_000;
/** Nodes summed up to decide between places that are equal within rounding. */
const exactWork = 4000;
const mostTies = 64;

interface Best {
  score: number;
  readonly ties: Place[];
}

/**
 * The best place among many: only those are weighed whose bound is not above the best score found.
 * @param atMost no place is wanted with a higher score
 */
export function findBounded(
  search: Search,
  wanted: Wanted,
  primaries: Int32Array,
  secondaries: Int32Array | undefined,
  atMost = Number.POSITIVE_INFINITY,
): Place | undefined {
  const best: Best = { score: atMost, ties: [] };
  if (secondaries) searchPairs(search, wanted, primaries, secondaries, best);
  else searchNodes(search, wanted, primaries, best);
  return decide(search, wanted, nearBest(best));
}

/** The places with the best score, and those that differ from it only by rounding. Of identical places, two are enough. */
export function findBestPairs(search: Search, wanted: Wanted, primaries: Int32Array, secondaries: Int32Array): Place[] {
  const best: Best = { score: Number.POSITIVE_INFINITY, ties: [] };
  searchPairs(search, wanted, primaries, secondaries, best);
  return nearBest(best);
}

function searchNodes(search: Search, wanted: Wanted, primaries: Int32Array, best: Best): void {
  const { refusals, bounds } = search.weighing.primary;
  const { floor } = search.weighing;
  const first = leastBound(primaries, search.weighing.primary);
  if (first < 0 || floor + (bounds[first] as number) > best.score + tolerance) return;
  consider(search, wanted, first, noNode, best);
  for (let k = 0; k < primaries.length; k++) {
    const p = primaries[k] as number;
    if (p !== first && refusals[p] === 0 && floor + (bounds[p] as number) <= best.score + tolerance)
      consider(search, wanted, p, noNode, best);
  }
}

function searchPairs(search: Search, wanted: Wanted, primaries: Int32Array, secondaries: Int32Array, best: Best): void {
  // What rules of location cost comes on top, and is never less than nothing.
  const { primary, secondary, floor } = search.weighing;
  const p0 = leastBound(primaries, primary);
  const s0 = leastBound(secondaries, secondary);
  if (p0 < 0 || s0 < 0) return;
  const leastP = primary.bounds[p0] as number;
  const leastS = secondary.bounds[s0] as number;
  if (floor + leastP + leastS > best.score + tolerance) return;
  const s1 = leastBound(secondaries, secondary, p0);
  if (s1 >= 0 && !crowds(search, wanted.row, p0, s1)) consider(search, wanted, p0, s1, best);
  const limit = best.score + tolerance - floor;
  const ps = rising(sparePlaces(search, within(primaries, primary, limit - leastS)), primary);
  const ss = rising(sparePlaces(search, within(secondaries, secondary, limit - leastP)), secondary);
  const tight = ss.map((s) => Number(mayCrowd(search, wanted.row, s)));
  let looked = 0;
  for (const p of ps) {
    for (let k = 0; k < ss.length; k++) {
      const s = ss[k] as number;
      if (floor + (primary.bounds[p] as number) + (secondary.bounds[s] as number) > best.score + tolerance) break;
      if (s === p || (p === p0 && s === s1) || (tight[k] === 1 && crowds(search, wanted.row, p, s))) continue;
      consider(search, wanted, p, s, best);
      if (++looked > mostPairs && best.ties.length > 0) return;
    }
  }
}

/** Nodes that are not refused and whose bound is not above `limit`. */
const within = (nodes: Int32Array, { refusals, bounds }: RoleWeights, limit: number): Int32Array =>
  nodes.filter((n) => refusals[n] === 0 && (bounds[n] as number) <= limit);

const rising = (nodes: Int32Array, { bounds }: RoleWeights): Int32Array =>
  nodes.sort((a, b) => (bounds[a] as number) - (bounds[b] as number) || b - a);

function consider(search: Search, wanted: Wanted, primary: number, secondary: number, best: Best): void {
  const score = placeScore(search, wanted, primary, secondary);
  if (!(score <= best.score + tolerance) || score === Number.POSITIVE_INFINITY) return;
  if (score < best.score - tolerance) best.ties.length = 0;
  if (score < best.score) best.score = score;
  best.ties.push({ primary, secondary, score });
}

/** The last in order first. */
const nearBest = ({ score, ties }: Best): Place[] =>
  ties.filter((place) => place.score <= score + tolerance).sort((a, b) => b.primary - a.primary || b.secondary - a.secondary);

/** Of equals the last in order; where a few are equal but for rounding, Ganeti's own rounding decides. */
function decide(search: Search, wanted: Wanted, near: Place[]): Place | undefined {
  const [last] = near;
  if (!last || near.length === 1 || near.length > mostTies) return last;
  const single = last.secondary < 0;
  if (search.state.scope.length * (single ? near.length : 1) > exactWork) return last;
  const statistics = single ? [] : clusterStatistics(search.state);
  const exact = near.map((place) => ({ ...place, score: exactScore(search, wanted, place.primary, place.secondary, statistics) }));
  return exact.reduce((best, place) => (place.score < best.score ? place : best));
}

function leastBound(nodes: Int32Array, { refusals, bounds }: RoleWeights, other = -1): number {
  let best = -1;
  for (let k = 0; k < nodes.length; k++) {
    const n = nodes[k] as number;
    if (refusals[n] === 0 && n !== other && (best < 0 || (bounds[n] as number) < (bounds[best] as number))) best = n;
  }
  return best;
}

import { noNode } from '../cluster/cluster-data.ts';
import { crowds, mayCrowd } from './crowds.ts';
import { clusterStatistics, exactScore, placeScore } from './place-score.ts';
import type { Place, Search, Wanted } from './search.ts';
import { sparePlaces } from './spare-places.ts';

/** Scores nearer than this may be equal but for rounding. */
const tolerance = 1e-10;
/** Pairs that are weighed at most: only where very many are equally good are there more. */
const mostPairs = 20_000;
/** Nodes summed up to decide between places that are equal within rounding. */
const exactWork = 4000;
const mostTies = 64;

interface Best {
  score: number;
  readonly ties: Place[];
}

/** The best place among many: only those are weighed whose bound is not above the best score found. */
export function findBounded(search: Search, wanted: Wanted, primaries: Int32Array, secondaries: Int32Array | undefined): Place | undefined {
  const best: Best = { score: Number.POSITIVE_INFINITY, ties: [] };
  if (secondaries) searchPairs(search, wanted, primaries, secondaries, best);
  else searchNodes(search, wanted, primaries, best);
  return decide(search, wanted, best);
}

/** Rules that are broken may be mended by the new instance, at most all of them. */
const mendable = ({ rules }: Search): number => (rules ? -rules.soft : 0);

function searchNodes(search: Search, wanted: Wanted, primaries: Int32Array, best: Best): void {
  const { refusals, primaryBounds } = search;
  const floor = search.floor + mendable(search);
  const first = argmin(primaries, refusals, primaryBounds);
  if (first >= 0) consider(search, wanted, first, noNode, best);
  for (const p of primaries) {
    if (p !== first && refusals[p] === 0 && floor + (primaryBounds[p] as number) <= best.score + tolerance)
      consider(search, wanted, p, noNode, best);
  }
}

function searchPairs(search: Search, wanted: Wanted, primaries: Int32Array, secondaries: Int32Array, best: Best): void {
  const { refusals, secondaryRefusals, primaryBounds, secondaryBounds } = search;
  const floor = search.floor + mendable(search);
  const p0 = argmin(primaries, refusals, primaryBounds);
  const s0 = argmin(secondaries, secondaryRefusals, secondaryBounds);
  if (p0 < 0 || s0 < 0) return;
  const s1 = argmin(secondaries, secondaryRefusals, secondaryBounds, p0);
  if (s1 >= 0 && !crowds(search, wanted.row, p0, s1)) consider(search, wanted, p0, s1, best);
  const limit = best.score + tolerance - floor;
  const near = (bounds: Float64Array, refused: Uint8Array, other: number) => (n: number) =>
    refused[n] === 0 && (bounds[n] as number) + other <= limit;
  const rising = (bounds: Float64Array) => (a: number, b: number) => (bounds[a] as number) - (bounds[b] as number) || b - a;
  const ps = sparePlaces(search, primaries.filter(near(primaryBounds, refusals, secondaryBounds[s0] as number)), 'primary').sort(
    rising(primaryBounds),
  );
  const ss = sparePlaces(
    search,
    secondaries.filter(near(secondaryBounds, secondaryRefusals, primaryBounds[p0] as number)),
    'secondary',
  ).sort(rising(secondaryBounds));
  const tight = new Uint8Array(ss.length);
  ss.forEach((s, k) => void (tight[k] = Number(mayCrowd(search, wanted.row, s))));
  let looked = 0;
  for (const p of ps) {
    for (let k = 0; k < ss.length; k++) {
      const s = ss[k] as number;
      if (floor + (primaryBounds[p] as number) + (secondaryBounds[s] as number) > best.score + tolerance) break;
      if (s === p || (p === p0 && s === s1) || (tight[k] === 1 && crowds(search, wanted.row, p, s))) continue;
      consider(search, wanted, p, s, best);
      if (++looked > mostPairs && best.ties.length > 0) return;
    }
  }
}

function consider(search: Search, wanted: Wanted, primary: number, secondary: number, best: Best): void {
  const score = placeScore(search, wanted, primary, secondary);
  if (!(score <= best.score + tolerance) || score === Number.POSITIVE_INFINITY) return;
  if (score < best.score - tolerance) best.ties.length = 0;
  if (score < best.score) best.score = score;
  best.ties.push({ primary, secondary, score });
}

/** Of equals the last in order; where a few are equal but for rounding, Ganeti's own rounding decides. */
function decide(search: Search, wanted: Wanted, { score, ties }: Best): Place | undefined {
  const near = ties.filter((place) => place.score <= score + tolerance).sort((a, b) => b.primary - a.primary || b.secondary - a.secondary);
  const [last] = near;
  if (!last || near.length === 1 || near.length > mostTies) return last;
  const single = last.secondary < 0;
  if (search.state.scope.length * (single ? near.length : 1) > exactWork) return last;
  const statistics = single ? [] : clusterStatistics(search.state);
  const exact = near.map((place) => ({ ...place, score: exactScore(search, wanted, place.primary, place.secondary, statistics) }));
  return exact.reduce((best, place) => (place.score < best.score ? place : best));
}

function argmin(nodes: Int32Array, refusals: Uint8Array, bounds: Float64Array, other = -1): number {
  let best = -1;
  for (let k = 0; k < nodes.length; k++) {
    const n = nodes[k] as number;
    if (refusals[n] === 0 && n !== other && (best < 0 || (bounds[n] as number) < (bounds[best] as number))) best = n;
  }
  return best;
}

import type { MoveKind } from './move.ts';

export interface Candidate {
  readonly instance: number;
  readonly kind: MoveKind;
  readonly target: number;
  readonly score: number;
}

/** Candidates whose scores are the least seen, within rounding. */
export interface CandidateList {
  best: number;
  readonly candidates: Candidate[];
  /** Instances whose moves were the best for a while; they are worth a first look in the next step. */
  readonly leaders: number[];
}

/** Scores nearer to each other than this may be equal but for rounding; the state itself then decides. */
export const tolerance = 1e-8;

export const createCandidateList = (): CandidateList => ({ best: Number.POSITIVE_INFINITY, candidates: [], leaders: [] });

export function clearCandidates(found: CandidateList): void {
  found.best = Number.POSITIVE_INFINITY;
  found.candidates.length = 0;
  found.leaders.length = 0;
}

/** Adds a candidate if no known one is better. */
export function offer(found: CandidateList, instance: number, kind: MoveKind, target: number, score: number): void {
  if (score > found.best + tolerance) return;
  if (score < found.best) {
    if (score < found.best - tolerance) found.candidates.length = 0;
    found.best = score;
    if (found.leaders.at(-1) !== instance) found.leaders.push(instance);
  }
  found.candidates.push({ instance, kind, target, score });
}

/** So many candidates are compared from scratch: of more, those that come first and those that look best. */
const mostCompared = 64;

/** Candidates in the order in which Ganeti looks at moves: by instance, its fail-over first, then by target and kind. */
export function closest(candidates: readonly Candidate[], targets: Int32Array): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  const rank = new Map([...targets].map((n, position) => [n, position]));
  const place = ({ target }: Candidate) => rank.get(target) ?? -1;
  const ordered = candidates.toSorted((a, b) => a.instance - b.instance || place(a) - place(b) || a.kind - b.kind);
  if (ordered.length <= mostCompared) return ordered;
  const best = new Set(ordered.toSorted((a, b) => a.score - b.score).slice(0, mostCompared));
  return ordered.filter((candidate, position) => position < mostCompared || best.has(candidate));
}

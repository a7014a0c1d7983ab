import { createMoveSet, type MoveSet } from './move-set.ts';
import type { Network } from './network.ts';
import type { PlannedMove } from './plan.ts';
import { openTraffic, type Traffic } from './traffic.ts';
import { transfersOf } from './transfers.ts';

/** Seconds of a fail-over or migration besides what it sends: stopping, starting, tools. */
const overhead = 5;

/**
 * Groups moves that can run in parallel: no node takes part in two moves of a set, all together send no more over a link than its
 * free bandwidth, and moves that share a node, an instance or a lock stay in the order they were planned in.
 */
export function groupMoves(
  moves: readonly PlannedMove[],
  traffic: Traffic = openTraffic,
): { readonly sets: readonly (readonly number[])[]; readonly seconds: number } {
  const sets: { readonly moves: number[]; readonly together: MoveSet; seconds: number }[] = [];
  /** First set that comes after everything a node, or a lock, takes part in. */
  const next = new Map<number, number>();
  const nextLock = new Map<number, number>();
  moves.forEach((move, position) => {
    const nodes = involved(move);
    const own = traffic.of(move);
    let at = Math.max(0, ...nodes.map((n) => next.get(n) ?? 0), ...own.locks.map((lock) => nextLock.get(lock) ?? 0));
    while (sets[at]?.together.admits(nodes, own) === false) at++;
    sets[at] ??= { moves: [], together: createMoveSet(traffic.network), seconds: 0 };
    const set = sets[at] as (typeof sets)[number];
    set.moves.push(position);
    set.together.add(nodes, own);
    set.seconds = Math.max(set.seconds, secondsOf(move, traffic.network));
    for (const n of nodes) next.set(n, at + 1);
    for (const lock of own.locks) nextLock.set(lock, at + 1);
  });
  return { sets: sets.map((set) => set.moves), seconds: sets.reduce((sum, { seconds }) => sum + seconds, 0) };
}

/** How long a move takes when it gets what links have room for. */
export function secondsOf(move: PlannedMove, network: Network): number {
  return transfersOf(move).reduce((sum, { from, to, size }) => sum + (size === 0 ? 0 : size / network.rate(from, to)), overhead);
}

function involved({ from, to }: PlannedMove): number[] {
  return [...new Set([from.primary, from.secondary, to.primary, to.secondary])].filter((n) => n >= 0);
}

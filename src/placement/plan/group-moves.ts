import type { PlannedMove } from './plan.ts';

/** MiB per second between two nodes, as positions; what a link carries when nothing else does. */
export type Bandwidth = (from: number, to: number) => number;

/** One gigabit per second, less what protocols take. */
export const defaultBandwidth: Bandwidth = () => 110;

/** Seconds of a fail-over or migration besides what it sends: stopping, starting, tools. */
const overhead = 5;

/**
 * Groups moves that can run side by side: no node takes part in two of a set, so that neither a node nor its link is
 * overloaded, and moves that share a node or an instance stay in the order they were planned in.
 */
export function groupMoves(
  moves: readonly PlannedMove[],
  bandwidth: Bandwidth = defaultBandwidth,
): { readonly sets: readonly (readonly number[])[]; readonly seconds: number } {
  const sets: number[][] = [];
  const lengths: number[] = [];
  /** First set that comes after everything a node takes part in. */
  const next = new Map<number, number>();
  moves.forEach((move, position) => {
    const nodes = involved(move);
    const set = Math.max(0, ...nodes.map((n) => next.get(n) ?? 0));
    sets[set] = [...(sets[set] ?? []), position];
    lengths[set] = Math.max(lengths[set] ?? 0, secondsOf(move, bandwidth));
    for (const n of nodes) next.set(n, set + 1);
  });
  return { sets, seconds: lengths.reduce((sum, seconds) => sum + seconds, 0) };
}

/** How long a move takes: its disks are copied to the target, and its memory goes to the new primary node. */
export function secondsOf({ from, to, target, data, memory }: PlannedMove, bandwidth: Bandwidth): number {
  const copy = data > 0 ? data / bandwidth(from.primary, target) : 0;
  const send = to.primary === from.primary ? 0 : memory / bandwidth(from.primary, to.primary);
  return overhead + copy + send;
}

function involved({ from, to }: PlannedMove): number[] {
  return [...new Set([from.primary, from.secondary, to.primary, to.secondary])].filter((n) => n >= 0);
}

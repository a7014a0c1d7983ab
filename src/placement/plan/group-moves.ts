import { placesOf } from '../balance/move.ts';
import type { Interlocks } from './interlocks.ts';
import { type Network, openNetwork } from './network.ts';
import type { PlannedMove } from './plan.ts';

/** Seconds of a fail-over or migration besides what it sends: stopping, starting, tools. */
const overhead = 5;

/**
 * Groups moves that can run side by side: no node takes part in two of a set, all together send no more over a link than it has
 * room for, and moves that share a node or an instance, or are interlocked, stay in the order they were planned in.
 */
export function groupMoves(
  moves: readonly PlannedMove[],
  network: Network = openNetwork,
  interlocks: Interlocks = () => [],
): { readonly sets: readonly (readonly number[])[]; readonly seconds: number } {
  const sets: { readonly moves: number[]; readonly loads: Float64Array; seconds: number }[] = [];
  /** First set that comes after everything a node, or an interlock, takes part in. */
  const next = new Map<number, number>();
  const nextLock = new Map<number, number>();
  moves.forEach((move, position) => {
    const nodes = involved(move);
    const loads = loadsOf(move, network);
    const isFree = (set: (typeof sets)[number]) =>
      loads.every(([link, rate]) => fits(set.loads[link] as number, rate, network.rooms[link] as number));
    const locks = interlocks(move);
    let at = Math.max(0, ...nodes.map((n) => next.get(n) ?? 0), ...locks.map((lock) => nextLock.get(lock) ?? 0));
    while (at < sets.length && !isFree(sets[at] as (typeof sets)[number])) at++;
    const set = sets[at] ?? { moves: [], loads: new Float64Array(network.rooms.length), seconds: 0 };
    sets[at] = set;
    set.moves.push(position);
    set.seconds = Math.max(set.seconds, secondsOf(move, network));
    for (const [link, rate] of loads) set.loads[link] = (set.loads[link] as number) + rate;
    for (const n of nodes) next.set(n, at + 1);
    for (const lock of locks) nextLock.set(lock, at + 1);
  });
  return { sets: sets.map((set) => set.moves), seconds: sets.reduce((sum, { seconds }) => sum + seconds, 0) };
}

/** One transfer of a move; its transfers are made one after the other. */
interface Transfer {
  readonly from: number;
  readonly to: number;
  /** MiB. */
  readonly size: number;
}

/** What a move sends: disks to a node that is new to the instance, memory to each node that it runs on on its way. */
export function transfersOf({ kind, from, target, data, memory }: PlannedMove): readonly Transfer[] {
  let at = from.primary;
  return placesOf(kind, from.primary, from.secondary, target).map(([primary]): Transfer => {
    const was = at;
    at = primary;
    return primary === was ? { from: was, to: target, size: data } : { from: was, to: primary, size: memory };
  });
}

/** How long a move takes when it gets what links have room for. */
export function secondsOf(move: PlannedMove, network: Network): number {
  return transfersOf(move).reduce((sum, { from, to, size }) => sum + (size === 0 ? 0 : size / network.rate(from, to)), overhead);
}

/** The most that a move sends over each link at a time. */
function loadsOf(move: PlannedMove, network: Network): readonly (readonly [number, number])[] {
  const loads = new Map<number, number>();
  for (const { from, to, size } of transfersOf(move)) {
    if (size === 0) continue;
    const rate = network.rate(from, to);
    for (const link of network.links(from, to)) loads.set(link, Math.max(loads.get(link) ?? 0, rate));
  }
  return [...loads];
}

/** A transfer alone takes no more than the room there is. */
const fits = (load: number, rate: number, room: number): boolean => load === 0 || load + rate <= room;

function involved({ from, to }: PlannedMove): number[] {
  return [...new Set([from.primary, from.secondary, to.primary, to.secondary])].filter((n) => n >= 0);
}

import type { Network } from './network.ts';
import type { MoveTraffic } from './traffic.ts';

/** Moves that are to be made side by side, by what they take together. */
export interface MoveSet {
  /** Whether one more would neither touch a node nor a lock of the others, nor send more over a link than it has room for. */
  admits(nodes: readonly number[], traffic: MoveTraffic): boolean;
  add(nodes: readonly number[], traffic: MoveTraffic): void;
}

export function createMoveSet({ rooms }: Network): MoveSet {
  const busy = new Set<number>();
  const locked = new Set<number>();
  const sent = new Float64Array(rooms.length);
  return {
    admits: (nodes, { loads, locks }) =>
      nodes.every((n) => !busy.has(n)) &&
      locks.every((lock) => !locked.has(lock)) &&
      // A move alone takes no more than the room there is.
      loads.every(([link, rate]) => sent[link] === 0 || (sent[link] as number) + rate <= (rooms[link] as number)),
    add: (nodes, { loads, locks }) => {
      for (const n of nodes) busy.add(n);
      for (const lock of locks) locked.add(lock);
      for (const [link, rate] of loads) sent[link] = (sent[link] as number) + rate;
    },
  };
}

import type { Network } from './network.ts';
import { type MoveSize, transfersOf } from './transfers.ts';

/** The most that a move sends over each link at a time, MiB per second. */
export function linkLoads(move: MoveSize, network: Network): readonly (readonly [link: number, rate: number])[] {
  const loads = new Map<number, number>();
  for (const { from, to, size } of transfersOf(move)) {
    if (size === 0) continue;
    const rate = network.rate(from, to);
    for (const link of network.links(from, to)) loads.set(link, Math.max(loads.get(link) ?? 0, rate));
  }
  return [...loads];
}

import type { BlockDescription } from '../../rpc/index.ts';
import { blockPlace } from '../storage/block-node.ts';

/** Path of a disk of a request, or an empty text when it has no such disk. */
export function diskPathOf({ disks }: { readonly disks: readonly BlockDescription[] }, index = 0): string {
  const disk = disks[index];
  return disk ? blockPlace(disk) : '';
}

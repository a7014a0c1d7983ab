import { GantryError } from '../../../base/index.ts';
import type { WorldStep } from '../../../jobs/index.ts';
import type { DiskSpec } from '../../../rpc/index.ts';
import type { GarbageList } from '../../garbage.ts';
import { isUnreachable } from '../nodes/is-unreachable.ts';

interface DiskOwner {
  readonly uuid: string;
  readonly name: string;
}

/** One step for each disk that makes it; undone by removing it, later if the node cannot be reached now. */
export function createDiskSteps(node: string, disks: readonly DiskSpec[], owner: DiskOwner, garbage: GarbageList): WorldStep[] {
  return disks.map((disk, index) => ({
    id: `create-disk-${index}`,
    title: `create disk ${index}`,
    formerly: [`create disk ${index}`],
    async do(context) {
      await context.nodes.call(node, 'disk-create', { disk, instance: owner }, progressOf(context));
    },
    async undo(context) {
      try {
        await removeDisk(context, node, disk, owner, garbage);
      } catch (error) {
        if (!isNeverMade(error)) throw error;
        if (isNoFolder(error)) await garbage.add({ type: 'disk', node, disk, owner });
        context.log(`Nothing is there to be undone: ${GantryError.from(error).message}`);
      }
    },
  }));
}

/** One step for each disk that removes it. `orLater` accepts an unreachable node and leaves the disk to the garbage list. */
export function removeDiskSteps(
  node: string,
  disks: readonly DiskSpec[],
  owner: DiskOwner,
  garbage: GarbageList,
  orLater: boolean,
): WorldStep[] {
  return disks.map((disk, index) => ({
    id: `remove-disk-${index}`,
    title: `remove disk ${index}`,
    formerly: [`remove disk ${index}`],
    async do(context) {
      if (orLater) return removeDisk(context, node, disk, owner, garbage);
      await context.nodes.call(node, 'disk-remove', { disk, instance: owner }, progressOf(context));
    },
  }));
}

/** The folder may have existed a moment ago and been unmounted: what it has of the disk is removed when it is mounted again. */
const isNoFolder = (error: unknown): boolean => error instanceof GantryError && error.code === 'STORAGE_DIR_MISSING';

/** Whether the node cannot have created the disk. Trying again would not help, and would prevent that the rest is undone. */
const isNeverMade = (error: unknown): boolean =>
  isNoFolder(error) || (error instanceof GantryError && error.code === 'STORAGE_TEMPLATE_UNSUPPORTED');

type StepLike = Parameters<WorldStep['do']>[0];

/** Passes a node's progress on to the job. */
export function progressOf(context: StepLike) {
  return {
    signal: context.signal,
    onProgress: (progress: { text: string; fraction?: number }) => context.progress(progress.fraction ?? 0, progress.text),
  };
}

async function removeDisk(context: StepLike, node: string, disk: DiskSpec, owner: DiskOwner, garbage: GarbageList): Promise<void> {
  try {
    await context.nodes.call(node, 'disk-remove', { disk, instance: owner }, { signal: context.signal });
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    await garbage.add({ type: 'disk', node, disk, owner });
    context.log(`Node cannot be reached; disk ${disk.uuid} is removed when it answers again.`);
  }
}

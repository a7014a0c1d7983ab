import { GantryError } from '../../../base/index.ts';
import type { WorldStep } from '../../../jobs/index.ts';
import type { DiskSpec } from '../../../rpc/index.ts';
import type { GarbageList } from '../../garbage.ts';
import { isUnreachable } from '../nodes/is-unreachable.ts';
import { type DiskPlace, placedDisk } from './disk-places.ts';

interface DiskOwner {
  readonly uuid: string;
  readonly name: string;
}

/** Id and title of what is done with a disk on one of its nodes. */
function stepOn(verb: 'create' | 'remove', index: number, { role }: DiskPlace): Pick<WorldStep, 'id' | 'title' | 'formerly'> {
  if (role === 'primary') return { id: `${verb}-disk-${index}`, title: `${verb} disk ${index}`, formerly: [`${verb} disk ${index}`] };
  return { id: `${verb}-disk-${index}-${role}`, title: `${verb} disk ${index} on the ${role} node` };
}

/**
 * One step for each disk and each of its nodes that makes it there, in the order of the places; undone by removing it, later if the
 * node cannot be reached now.
 */
export function createDiskSteps(
  places: readonly DiskPlace[],
  disks: readonly DiskSpec[],
  owner: DiskOwner,
  garbage: GarbageList,
): WorldStep[] {
  return disks.flatMap((disk, index) =>
    places.map((place) => ({
      ...stepOn('create', index, place),
      async do(context: StepLike) {
        const own = placedDisk(context.config, disk, places, place.node);
        await context.nodes.call(place.node, 'disk-create', { disk: own, instance: owner }, progressOf(context));
      },
      async undo(context: StepLike) {
        const own = placedDisk(context.config, disk, places, place.node);
        try {
          await removeDisk(context, place.node, own, owner, garbage);
        } catch (error) {
          if (!isNeverMade(error)) throw error;
          if (isNoFolder(error)) await garbage.add({ type: 'disk', node: place.node, disk: own, owner });
          context.log(`Nothing is there to be undone: ${GantryError.from(error).message}`);
        }
      },
    })),
  );
}

/**
 * One step for each disk and each of its nodes that removes it there, in the opposite order of the places. `orLater` accepts an
 * unreachable node and leaves the disk to the garbage list.
 */
export function removeDiskSteps(
  places: readonly DiskPlace[],
  disks: readonly DiskSpec[],
  owner: DiskOwner,
  garbage: GarbageList,
  orLater: boolean,
): WorldStep[] {
  return disks.flatMap((disk, index) =>
    places.toReversed().map((place) => ({
      ...stepOn('remove', index, place),
      async do(context: StepLike) {
        const own = placedDisk(context.config, disk, places, place.node);
        if (orLater) return removeDisk(context, place.node, own, owner, garbage);
        await context.nodes.call(place.node, 'disk-remove', { disk: own, instance: owner }, progressOf(context));
      },
    })),
  );
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

import { basename } from 'node:path';
import type { RpcResult } from '../../rpc/index.ts';
import { finding } from '../../rpc/index.ts';
import type { AnswerCheck } from './verify-check.ts';

/** Disks of a node's instances that it does not see, or sees with another size. */
export const checkMissingDisks: AnswerCheck = function* ({ busy }, { node, primaries, disks }) {
  if (!disks) return;
  const present = new Map(disks.filter(isWhole).map(({ disk_uuid, size }) => [disk_uuid, size]));
  for (const instance of primaries) {
    const subject = `instance ${instance.name}`;
    for (const [disk, { uuid, size }] of instance.disks.entries()) {
      const found = present.get(uuid);
      if (found === undefined) yield finding('VERIFY_DISK_MISSING', subject, { disk, node: node.name });
      // A job may just change it.
      else if (found !== size && !busy.has(instance.name.toLowerCase())) {
        yield finding('VERIFY_DISK_SIZE', subject, { disk, node: node.name, found, size });
      }
    }
  }
};

/** Not a snapshot, nor what an interrupted creation left. */
const isWhole = ({ path }: RpcResult<'disk-list'>[number]): boolean => !/\.snap-|\.new$/.test(basename(path));

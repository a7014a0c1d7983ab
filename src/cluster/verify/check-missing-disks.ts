import { finding } from '../../rpc/index.ts';
import type { AnswerCheck } from './verify-check.ts';

/** Disks of a node's instances that it does not see. */
export const checkMissingDisks: AnswerCheck = function* (_view, { node, primaries, disks }) {
  const present = new Set(disks.map(({ disk_uuid }) => disk_uuid));
  for (const instance of primaries) {
    for (const [disk, { uuid }] of instance.disks.entries()) {
      if (!present.has(uuid)) yield finding('VERIFY_DISK_MISSING', `instance ${instance.name}`, { disk, node: node.name });
    }
  }
};

import { finding } from '../../rpc/index.ts';
import type { AnswerCheck } from './verify-check.ts';

/** Disks on a node that no instance has. */
export const checkUnknownDisks: AnswerCheck = function* ({ diskOwners }, { node, disks }) {
  for (const { disk_uuid, path } of disks) {
    if (!diskOwners.has(disk_uuid)) yield finding('VERIFY_DISK_UNKNOWN', `node ${node.name}`, { path });
  }
};

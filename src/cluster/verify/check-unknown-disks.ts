import { mirroringOf } from '../../model/index.ts';
import { finding } from '../../rpc/index.ts';
import type { AnswerCheck } from './verify-check.ts';

/** Disks on a node alone that no instance has. */
export const checkUnknownDisks: AnswerCheck = function* ({ diskOwners }, { node, disks }) {
  for (const { disk_uuid, path, dev_type } of disks ?? []) {
    if (disk_uuid === '' || diskOwners.has(disk_uuid) || mirroringOf(dev_type) === 'external') continue;
    yield finding('VERIFY_DISK_UNKNOWN', `node ${node.name}`, { path });
  }
};

import { mirroringOf } from '../../placement/index.ts';
import { finding } from '../../rpc/index.ts';
import type { AnswerCheck } from './verify-check.ts';

/** What lies between the disks of a node and is none. */
export const checkForeignFiles: AnswerCheck = function* (_view, { node, disks }) {
  for (const { disk_uuid, path, dev_type } of disks ?? []) {
    if (disk_uuid === '' && mirroringOf(dev_type) !== 'external') yield finding('VERIFY_FILE_UNKNOWN', `node ${node.name}`, { path });
  }
};

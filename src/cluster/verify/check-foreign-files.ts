import { mirroringOf } from '../../model/index.ts';
import { finding } from '../../rpc/index.ts';
import type { AnswerCheck } from './verify-check.ts';

/** Files in the storage folders of a node that are not disks. */
export const checkForeignFiles: AnswerCheck = function* (_view, { node, disks }) {
  for (const { disk_uuid, path, dev_type } of disks ?? []) {
    if (disk_uuid === '' && mirroringOf(dev_type) !== 'external') yield finding('VERIFY_FILE_UNKNOWN', `node ${node.name}`, { path });
  }
};

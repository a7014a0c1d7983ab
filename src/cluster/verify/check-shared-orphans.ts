import { mirroringOf } from '../../model/index.ts';
import { finding } from '../../rpc/index.ts';
import type { ClusterCheck } from './verify-check.ts';

/** What lies on shared storage and belongs to nobody. Groups that share it all tell of it; it is told once. */
export const checkSharedOrphans: ClusterCheck = function* ({ config, answers, diskOwners }) {
  const told = new Set<string>();
  for (const { node, listsShared, disks } of answers.values()) {
    if (!listsShared) continue;
    const subject = `shared storage of group ${config.groups.get(node.group)?.name ?? node.group}`;
    for (const { disk_uuid, path, dev_type } of disks ?? []) {
      if (mirroringOf(dev_type) !== 'external' || diskOwners.has(disk_uuid) || told.has(path)) continue;
      told.add(path);
      yield finding(disk_uuid === '' ? 'VERIFY_FILE_UNKNOWN' : 'VERIFY_DISK_UNKNOWN', subject, { path });
    }
  }
};

import type { DiskTemplateRow } from './disk-template-row.ts';
import { fileLogicalId, newFile, settledFile } from './file-logical-id.ts';
import { filePlace, filePlaceProblem } from './file-place.ts';

export const file = {
  summary: 'a file on the node',
  ganetiName: 'DTFile',
  built: true,
  mirroring: 'none',
  reach: 'local',
  roles: ['primary'],
  space: 'file',
  overhead: () => 0,
  growable: true,
  liveAttachable: true,
  params: {},
  logicalId: fileLogicalId,
  // Only its node sees the file, and the folder need not be the same on every node.
  newLogicalId: (disk) => ['loop', newFile(disk)],
  settledLogicalId: settledFile,
  logicalIdProblem: (disk, cluster) => filePlaceProblem(disk, cluster.file_storage_dir),
  placeOf: (disk, cluster) => filePlace(disk, cluster.file_storage_dir),
  folder: (cluster) => cluster.file_storage_dir,
  // Ganeti counts no room for files on the node's own disks. We do, as for logical volumes.
  placement: { countsDisk: false, as: 'plain', balanced: false, rescue: 'recreate' },
} as const satisfies DiskTemplateRow;

import type { DiskTemplateRow } from './disk-template-row.ts';
import { fileLogicalId, newFile, settledFile } from './file-logical-id.ts';
import { filePlace, filePlaceProblem } from './file-place.ts';

export const sharedfile = {
  summary: 'a file in a folder that all nodes mount',
  ganetiName: 'DTSharedFile',
  built: true,
  mirroring: 'external',
  reach: 'shared',
  roles: ['primary'],
  space: 'sharedfile',
  overhead: () => 0,
  growable: true,
  liveAttachable: true,
  params: {},
  logicalId: fileLogicalId,
  newLogicalId: (disk) => ['loop', `${disk.cluster.shared_file_storage_dir}/${newFile(disk)}`],
  settledLogicalId: settledFile,
  logicalIdProblem: (disk, cluster) => filePlaceProblem(disk, cluster.shared_file_storage_dir),
  placeOf: (disk, cluster) => filePlace(disk, cluster.shared_file_storage_dir),
  folder: (cluster) => cluster.shared_file_storage_dir,
  placement: { countsDisk: false, balanced: true, rescue: 'anywhere' },
} as const satisfies DiskTemplateRow;

import { ganetiDiskTemplates } from '../../model/disk-templates/catalogue.ts';
import type { InstancePolicy, InstanceSpec } from './cluster-data.ts';

const smallest: InstanceSpec = { memory: 128, vcpus: 1, disk: 1024, diskCount: 1, nicCount: 1, spindleUse: 1 };
const largest: InstanceSpec = { memory: 32_768, vcpus: 8, disk: 1_048_576, diskCount: 16, nicCount: 8, spindleUse: 12 };

/** Ganeti's policy where a source has none. */
export const defaultPolicy: InstancePolicy = {
  ranges: [{ min: smallest, max: largest }],
  std: smallest,
  diskTemplates: ganetiDiskTemplates,
  vcpuRatio: 4,
  spindleRatio: 32,
};

// A second door, for threads and processes that pay for every module they load: what is behind it loads only itself.

export { type ProcessStat, parseProcessStat } from '../base/parse-process-stat.ts';
export { type CgroupPaths, type CgroupPlace, cgroupPaths, ownPart } from './control-groups/cgroup-paths.ts';
export { type Cgroup, type CgroupPressure, openCgroup } from './control-groups/open-cgroup.ts';
export {
  type CgroupUsage,
  parseCpuStat1,
  parseCpuStat2,
  parseIoStat1,
  parseIoStat2,
  parseMemoryStat,
} from './control-groups/parse-cgroup-files.ts';
export { type Pressure, parsePressure } from './control-groups/parse-pressure.ts';
export { createProcFiles, type ProcFiles } from './files/proc-files.ts';
export { requireTrusted } from './files/trusted-file.ts';
export { parseMountTable } from './mounts/parse-mounts.ts';
export { bootIdIn } from './processes/boot-id.ts';
export { parseLivingProcess } from './processes/parse-living-process.ts';
export { openServiceNotifier } from './service-manager/service-notifier.ts';

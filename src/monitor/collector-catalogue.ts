import type { Collector } from './collector/collector.ts';
import { certificates } from './collectors/certificates.ts';
import { clock } from './collectors/clock.ts';
import { cpu } from './collectors/cpu.ts';
import { cpuAvgLoad } from './collectors/cpu-avg-load.ts';
import { daemons } from './collectors/daemons.ts';
import { diskstats } from './collectors/diskstats.ts';
import { drbd } from './collectors/drbd.ts';
import { filesystems } from './collectors/filesystems.ts';
import { instGuestKvm } from './collectors/inst-guest-kvm.ts';
import { instStatusDocker } from './collectors/inst-status-docker.ts';
import { instStatusKvm } from './collectors/inst-status-kvm.ts';
import { instStatusLxc } from './collectors/inst-status-lxc.ts';
import { instUsage } from './collectors/inst-usage.ts';
import { kvmResources } from './collectors/kvm-resources.ts';
import { lv } from './collectors/lv.ts';
import { memory } from './collectors/memory.ts';
import { network } from './collectors/network.ts';
import { nodeHealth } from './collectors/node-health.ts';
import { versions } from './collectors/versions.ts';

/**
 * Every built-in collector, in the order of lists and reports. `/1/list/collectors`, the metrics, the documentation and
 * its check come from here; a new collector is one file in collectors/ and one line here.
 */
export const collectorCatalogue: readonly Collector<unknown>[] = [
  cpuAvgLoad,
  diskstats,
  drbd,
  lv,
  cpu,
  memory,
  filesystems,
  network,
  versions,
  clock,
  certificates,
  daemons,
  nodeHealth,
  kvmResources,
  instUsage,
  instGuestKvm,
  instStatusKvm,
  instStatusLxc,
  instStatusDocker,
];

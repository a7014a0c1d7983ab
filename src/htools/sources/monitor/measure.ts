import { GantryError } from '../../../base/index.ts';
import type { ClusterData } from '../../../placement/index.ts';
import { readSourceFile } from '../read-source-file.ts';
import { applyReports, type MonitorUse } from './apply-reports.ts';
import { type MonitorAccessFiles, readMonitorAccess } from './monitor-access.ts';
import { collectors, parseMonitorFile } from './monitor-reports.ts';
import { queryMonitors } from './query-monitors.ts';

/** `--mond=yes` and what belongs to it. */
export interface MonitorOptions extends MonitorUse, MonitorAccessFiles {
  /** `--mond-data`: file with the reports, in place of asking the nodes. */
  readonly dataFile?: string | undefined;
  /** `--exit-on-missing-mond-data`: better no answer than one from estimates. */
  readonly complete?: boolean | undefined;
  /** `--mond-port`: of the monitoring agents; 1815 if undefined. */
  readonly port?: number | undefined;
  /** How long to wait for a node, in seconds; 5 if undefined. */
  readonly seconds?: number | undefined;
}

/** Brings what the nodes' monitors measured into a cluster. @throws HTOOLS_MONITOR_INCOMPLETE, HTOOLS_MONITOR_UNTRUSTED and those of the files */
export async function measure(cluster: ClusterData, options: MonitorOptions, warn: (message: string) => void): Promise<ClusterData> {
  const { dataFile, complete, port = 1815, seconds = 5, xen, kvmMemory } = options;
  const wanted = [
    xen ? collectors.instanceCpu : collectors.cpu,
    ...(kvmMemory ? [collectors.instanceMemory] : []),
    collectors.usage,
    collectors.nodeMemory,
  ];
  const online = new Map(cluster.nodes.flatMap(({ name, address, offline }) => (offline ? [] : [[name, address ?? name]])));
  const reports =
    dataFile === undefined
      ? await queryMonitors(online, wanted, { port, seconds, ...(await readMonitorAccess(options, warn)) }, warn)
      : parseMonitorFile(await readSourceFile(dataFile), dataFile);
  const measured = applyReports(cluster, reports, options);
  if (measured.missing.length === 0) return measured.cluster;
  const missing = measured.missing.join(', ');
  if (complete) throw new GantryError('HTOOLS_MONITOR_INCOMPLETE', { missing });
  warn(`Not everything was measured, so some loads are estimates. Missing: ${missing}`);
  return measured.cluster;
}

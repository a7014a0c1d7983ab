import type { Collector } from '../collector/collector.ts';
import { type DrbdDevice, judgeConnection, judgeDevices } from './drbd-status.ts';
import { parseDrbdsetupStatus } from './parse-drbdsetup-status.ts';
import { type DrbdVersion, parseProcDrbd } from './parse-proc-drbd.ts';
import type { Status } from './status.ts';

interface DrbdReport {
  readonly status: Status;
  readonly versionInfo: DrbdVersion;
  readonly deviceInfos: readonly DrbdDevice[];
}

/** @param instanceOf - the instance whose disk a minor is. */
export function drbdReport(versionInfo: DrbdVersion, devices: readonly DrbdDevice[], instanceOf: ReadonlyMap<number, string>): DrbdReport {
  return {
    status: judgeDevices(devices),
    versionInfo,
    deviceInfos: devices.map((device) =>
      device.connectionState === 'Unconfigured' ? device : { ...device, instance: instanceOf.get(device.minor) ?? null },
    ),
  };
}

const labels = ['minor', 'instance'];

export const drbd: Collector<DrbdReport> = {
  name: 'drbd',
  category: 'storage',
  kind: 'status',
  version: 'B',
  formatVersion: 1,
  help: 'Every DRBD device with its connection, disks, resynchronisation and, if known, instance. A node without DRBD has status 0.',
  interval: 10,
  timeout: 5,
  longestInterval: 60,
  metrics: [
    { name: 'gantry_drbd_connected', type: 'gauge', help: 'Whether the connection to the peer is good.', labels },
    { name: 'gantry_drbd_up_to_date', type: 'gauge', help: 'Whether the disk on this node has all data.', labels },
    { name: 'gantry_drbd_out_of_sync_bytes', type: 'gauge', unit: 'bytes', help: 'Data that differ between the peers.', labels },
    { name: 'gantry_drbd_sync_ratio', type: 'gauge', unit: 'ratio', help: 'Progress of a resynchronisation.', labels },
    { name: 'gantry_drbd_sent_bytes', type: 'counter', unit: 'bytes', help: 'Data sent to the peers.', labels },
    { name: 'gantry_drbd_received_bytes', type: 'counter', unit: 'bytes', help: 'Data received from the peers.', labels },
  ],
  measure: ({ deviceInfos }, emit) => {
    for (const { minor, instance, connectionState, localState, perfIndicators, syncStatus } of deviceInfos) {
      if (!perfIndicators) continue;
      const at = [String(minor), instance ?? ''] as const;
      emit('gantry_drbd_connected', judgeConnection(connectionState).code === 0 ? 1 : 0, ...at);
      emit('gantry_drbd_up_to_date', localState === 'UpToDate' ? 1 : 0, ...at);
      emit('gantry_drbd_out_of_sync_bytes', (perfIndicators.outOfSync ?? 0) * 1024, ...at);
      if (syncStatus) emit('gantry_drbd_sync_ratio', syncStatus.percentage / 100, ...at);
      emit('gantry_drbd_sent_bytes', perfIndicators.networkSend * 1024, ...at);
      emit('gantry_drbd_received_bytes', perfIndicators.networkReceive * 1024, ...at);
    }
  },
  start:
    ({ files, commands, instances }) =>
    async ({ signal }) => {
      const text = files.readIfThere('/proc/drbd');
      if (text === undefined) return { status: { code: 0, message: 'DRBD is not loaded' }, versionInfo: {}, deviceInfos: [] };
      const { versionInfo, devices } = parseProcDrbd(text);
      const instanceOf = new Map(instances.list().flatMap(({ name, drbdMinors = [] }) => drbdMinors.map((minor) => [minor, name])));
      if (Number.parseInt(versionInfo.version ?? '', 10) < 9) return drbdReport(versionInfo, devices, instanceOf);
      // DRBD 9 tells its state over netlink only.
      const status = await commands.output('drbdsetup', ['status', '--json'], signal);
      if (status === undefined) throw new Error('DRBD 9 is loaded, and drbdsetup is not installed');
      return drbdReport(versionInfo, parseDrbdsetupStatus(status), instanceOf);
    },
};

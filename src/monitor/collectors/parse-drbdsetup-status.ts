import { type DrbdDevice, type DrbdPeer, judgeConnection } from './drbd-status.ts';

/** One resource of `drbdsetup status --json`, of DRBD 9. Sizes in KiB. */
interface Resource {
  readonly name: string;
  readonly role: string;
  readonly 'write-ordering'?: string;
  readonly devices: readonly Device[];
  readonly connections: readonly Connection[];
}

interface Device {
  readonly volume: number;
  readonly minor: number;
  readonly 'disk-state': string;
  readonly quorum?: boolean;
  readonly read?: number;
  readonly written?: number;
  readonly 'al-writes'?: number;
  readonly 'bm-writes'?: number;
  readonly 'upper-pending'?: number;
  readonly 'lower-pending'?: number;
}

interface Connection {
  readonly name: string;
  readonly 'connection-state': string;
  readonly 'peer-role'?: string;
  readonly peer_devices: readonly PeerDevice[];
}

interface PeerDevice {
  readonly volume: number;
  readonly 'replication-state': string;
  readonly 'peer-disk-state': string;
  readonly 'percent-in-sync'?: number;
  readonly done?: number;
  readonly received?: number;
  readonly sent?: number;
  readonly 'out-of-sync'?: number;
  readonly pending?: number;
  readonly unacked?: number;
}

/**
 * Reads what `drbdsetup status --json` prints, in the words of /proc/drbd of DRBD 8: `Connecting` is `WFConnection`, and a
 * connection that is established is as its replication is.
 * @throws TypeError or SyntaxError for anything else.
 */
export function parseDrbdsetupStatus(text: string): DrbdDevice[] {
  const resources: unknown = JSON.parse(text);
  if (!Array.isArray(resources)) throw new TypeError('drbdsetup gave no list of resources');
  return (resources as Resource[]).flatMap((resource) => resource.devices.map((device) => describe(resource, device)));
}

interface Link {
  readonly peer: DrbdPeer;
  readonly device: PeerDevice | undefined;
}

function describe(resource: Resource, device: Device): DrbdDevice {
  const links = resource.connections.map((connection) => link(connection, device.volume));
  const worst = links.toSorted((a, b) => badness(b.peer) - badness(a.peer))[0];
  const sum = (key: 'sent' | 'received' | 'pending' | 'unacked') => links.reduce((total, { device: d }) => total + (d?.[key] ?? 0), 0);
  const syncing = links.find(({ device: d }) => d && !['Established', 'Off'].includes(d['replication-state']))?.device;
  const order = resource['write-ordering'];
  return {
    minor: device.minor,
    connectionState: worst?.peer.connectionState ?? 'StandAlone',
    localRole: resource.role,
    remoteRole: worst?.peer.role ?? 'Unknown',
    localState: device['disk-state'],
    remoteState: worst?.peer.diskState ?? 'DUnknown',
    perfIndicators: {
      networkSend: sum('sent'),
      networkReceive: sum('received'),
      diskWrite: device.written ?? 0,
      diskRead: device.read ?? 0,
      activityLog: device['al-writes'] ?? 0,
      bitMap: device['bm-writes'] ?? 0,
      localCount: device['lower-pending'] ?? 0,
      pending: sum('pending'),
      unacknowledged: sum('unacked'),
      applicationPending: device['upper-pending'] ?? 0,
      ...(order && { writeOrder: order.charAt(0) }),
      outOfSync: Math.max(0, ...links.map(({ device: d }) => d?.['out-of-sync'] ?? 0)),
    },
    ...(syncing && { syncStatus: { percentage: syncing.done ?? syncing['percent-in-sync'] ?? 0 } }),
    resource: resource.name,
    volume: device.volume,
    ...(device.quorum !== undefined && { quorum: device.quorum }),
    peers: links.map(({ peer }) => peer),
  };
}

function link(connection: Connection, volume: number): Link {
  const device = connection.peer_devices.find((candidate) => candidate.volume === volume);
  const replication = device?.['replication-state'] ?? 'Off';
  const state = connection['connection-state'];
  const established = replication === 'Established' || replication === 'Off' ? 'Connected' : replication;
  return {
    peer: {
      name: connection.name,
      connectionState: state === 'Connected' ? established : state === 'Connecting' ? 'WFConnection' : state,
      role: connection['peer-role'] ?? 'Unknown',
      diskState: device?.['peer-disk-state'] ?? 'DUnknown',
    },
    device,
  };
}

/** Connections in trouble before those that are only busy, and those before the good. */
const badness = ({ connectionState }: DrbdPeer): number =>
  judgeConnection(connectionState).code * 2 + (connectionState === 'Connected' ? 0 : 1);

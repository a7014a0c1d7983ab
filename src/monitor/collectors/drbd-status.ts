import type { Status } from './status.ts';

/** What a DRBD minor is doing, with the keys that Ganeti reports. Counters are KiB but for numbers of requests. */
export interface DrbdDevice {
  readonly minor: number;
  readonly connectionState: string;
  readonly localRole?: string;
  readonly remoteRole?: string;
  readonly localState?: string;
  readonly remoteState?: string;
  readonly replicationProtocol?: string;
  readonly ioFlags?: string;
  readonly perfIndicators?: DrbdCounters;
  readonly syncStatus?: DrbdSync;
  readonly instance?: string | null;
  /** DRBD 9 only, where a device may have several peers: the flat keys tell of the one that is worst off. */
  readonly resource?: string;
  readonly volume?: number;
  readonly quorum?: boolean;
  readonly peers?: readonly DrbdPeer[];
}

export interface DrbdCounters {
  readonly networkSend: number;
  readonly networkReceive: number;
  readonly diskWrite: number;
  readonly diskRead: number;
  readonly activityLog: number;
  readonly bitMap: number;
  readonly localCount: number;
  readonly pending: number;
  readonly unacknowledged: number;
  readonly applicationPending: number;
  readonly epochs?: number;
  readonly writeOrder?: string;
  readonly outOfSync?: number;
}

/** A resynchronisation or verification under way. */
export interface DrbdSync {
  readonly percentage: number;
  readonly progress?: string;
  readonly progressUnit?: string;
  readonly timeToFinish?: string;
  readonly speed?: number;
  readonly want?: number;
  readonly speedUnit?: string;
}

export interface DrbdPeer {
  readonly name: string;
  readonly connectionState: string;
  readonly role: string;
  readonly diskState: string;
}

const connecting: Status = { code: 1, message: 'Trying to establish a network connection' };
const trouble: Status = { code: 1, message: 'Communication problems between the peers' };
const good: Status = { code: 0, message: '' };

const connectionStates: Readonly<Record<string, Status>> = {
  StandAlone: { code: 4, message: 'No network config available' },
  Disconnecting: { code: 4, message: 'The peer is being disconnected' },
  TearDown: { code: 4, message: 'The peer is closing the connection' },
  Unconnected: connecting,
  WFConnection: connecting,
  WFReportParams: connecting,
  Timeout: trouble,
  BrokenPipe: trouble,
  NetworkFailure: trouble,
  ProtocolError: trouble,
  Ahead: { code: 1, message: 'The network is congested; the peer is behind' },
  Behind: { code: 1, message: 'The network is congested; this side is behind' },
};

const goodStates =
  /^(Connected|StartingSync[ST]|WFBitMap[ST]|WFSyncUUID|SyncSource|SyncTarget|PausedSync[ST]|Verify[ST]|Established|Unconfigured)$/;

/** How good a connection is: Ganeti's judgement and its words; what DRBD has learnt since is unknown, not fatal. */
export function judgeConnection(state: string): Status {
  if (goodStates.test(state)) return good;
  return connectionStates[state] ?? { code: 2, message: `Connection state ${state} is not known` };
}

/** The worst of all devices, and everything that is not good in one line each, behind an empty one as in Ganeti, the last device first. */
export function judgeDevices(devices: readonly DrbdDevice[]): Status {
  let code: Status['code'] = 0;
  const messages = [''];
  for (const { minor, connectionState } of devices.toReversed()) {
    const status = judgeConnection(connectionState);
    if (status.code > code) code = status.code;
    if (status.message !== '') messages.push(`${minor}: ${status.message}`);
  }
  return { code, message: messages.join('\n') };
}

import type { DrbdCounters, DrbdDevice, DrbdSync } from './drbd-status.ts';

/** The version lines of /proc/drbd; what is not there is left out. */
export interface DrbdVersion {
  readonly version?: string;
  readonly api?: string;
  readonly proto?: string;
  readonly srcversion?: string;
  readonly gitHash?: string;
  readonly buildBy?: string;
}

export interface ProcDrbd {
  readonly versionInfo: DrbdVersion;
  readonly devices: readonly DrbdDevice[];
}

/** DRBD's short names, in the order of Ganeti's report. */
const counters = [
  ['ns', 'networkSend'],
  ['nr', 'networkReceive'],
  ['dw', 'diskWrite'],
  ['dr', 'diskRead'],
  ['al', 'activityLog'],
  ['bm', 'bitMap'],
  ['lo', 'localCount'],
  ['pe', 'pending'],
  ['ua', 'unacknowledged'],
  ['ap', 'applicationPending'],
  ['ep', 'epochs'],
  ['wo', 'writeOrder'],
  ['oos', 'outOfSync'],
] as const;

const mandatoryCounters = 10;

/**
 * Reads /proc/drbd of DRBD 8.0 to 8.4, and the version lines of 9, which has no more there. A device that was cut short is
 * left out. The protocol stands between the disks and the flags; some kernels write a NUL into the flags.
 * @throws TypeError for text without a version: that is another file.
 */
export function parseProcDrbd(text: string): ProcDrbd {
  const versionInfo = parseVersion(text);
  if (Object.keys(versionInfo).length === 0) throw new TypeError(`not a status of DRBD: ${JSON.stringify(text.slice(0, 200))}`);
  const devices: DrbdDevice[] = [];
  // What belongs to a device reaches to the line on which the next one begins.
  for (const part of text.split(/^(?= *\d+: cs:)/m).slice(1)) {
    const device = parseDevice(part);
    if (device) devices.push(device);
  }
  return { versionInfo, devices };
}

function parseVersion(text: string): DrbdVersion {
  const head = text.slice(0, 4096);
  const [, version, api, proto] = /^version:[ \t]*(\S+)(?:[ \t]*\(api:([^/\n]*)\/proto:([^)\n]*)\))?/m.exec(head) ?? [];
  const [, srcversion] = /^srcversion:[ \t]+(\S+)/m.exec(head) ?? [];
  const [, gitHash, buildBy] = /^GIT-hash:[ \t]*(\S+)(?:[ \t]*build by[ \t]*(.*))?/m.exec(head) ?? [];
  return {
    ...(version && { version }),
    ...(api && { api }),
    ...(proto && { proto }),
    ...(srcversion && { srcversion }),
    ...(gitHash && { gitHash }),
    ...(buildBy && { buildBy }),
  };
}

const deviceLine = /^ *(\d+): cs:(\w+)(?: (?:ro|st):(\w+)\/(\w+) ds:(\w+)\/(\w+) (.) *([^\0\n]*))?/;

function parseDevice(part: string): DrbdDevice | undefined {
  const match = deviceLine.exec(part);
  if (!match) return undefined;
  const [, minor, connectionState = '', localRole, remoteRole, localState, remoteState, replicationProtocol, ioFlags] = match;
  if (connectionState === 'Unconfigured') return { minor: Number(minor), connectionState };
  const perfIndicators = parseCounters(part);
  if (!(localRole && remoteRole && localState && remoteState && replicationProtocol && perfIndicators)) return undefined;
  const syncStatus = parseSync(part);
  return {
    minor: Number(minor),
    connectionState,
    localRole,
    remoteRole,
    localState,
    remoteState,
    replicationProtocol,
    ioFlags: ioFlags ?? '',
    perfIndicators,
    ...(syncStatus && { syncStatus }),
  };
}

function parseCounters(part: string): DrbdCounters | undefined {
  const line = /^ *ns:.*$/m.exec(part)?.[0] ?? '';
  const values = new Map([...line.matchAll(/(\w+):(\w+)/g)].map(([, name, value]) => [name, value]));
  const found: Record<string, number | string> = {};
  for (const [place, [short, name]] of counters.entries()) {
    const value = values.get(short);
    if (value !== undefined) found[name] = short === 'wo' ? value : Number(value);
    else if (place < mandatoryCounters) return undefined;
  }
  return found as unknown as DrbdCounters;
}

const units: Readonly<Record<string, string>> = { K: 'KiloByte', M: 'MegaByte' };

const withoutCommas = (digits: string): number => Number(digits.replaceAll(',', ''));

/** `[==>..] sync'ed: 34.9% (346112/524288)M`, then on the same line or the next `finish: 0:00:05 speed: 59,392 (59,392) want: 61,440 K/sec`. */
function parseSync(part: string): DrbdSync | undefined {
  const done = /(?:sync'ed|verified): *([\d.]+)% *\((\d+)\/(\d+)\) ?([KM])/.exec(part);
  if (!done) return undefined;
  const finish = /finish: *(\d+):(\d+):(\d+)/.exec(part);
  const pace = /speed: *([\d,]+) \([\d,]+\)(?: want: *([\d,]+))? ([KM])\/sec/.exec(part);
  const [hours, minutes, seconds] = finish?.slice(1).map((digits) => digits.padStart(2, '0')) ?? [];
  return {
    percentage: Number(done[1]),
    progress: `${done[2]}/${done[3]}`,
    progressUnit: units[done[4] ?? ''] ?? '',
    ...(finish && { timeToFinish: `${hours}:${minutes}:${seconds}` }),
    ...(pace && { speed: withoutCommas(pace[1] ?? '') }),
    ...(pace?.[2] && { want: withoutCommas(pace[2]) }),
    ...(pace && { speedUnit: `${units[pace[3] ?? '']}/Second` }),
  };
}

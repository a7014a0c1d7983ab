import type { Collector } from '../collector/collector.ts';
import { askUdp } from './ask-udp.ts';
import { type ClockState, chronyRequest, parseChronyReply } from './chrony-tracking.ts';
import { ntpRequest, parseNtpReply } from './ntp-variables.ts';
import type { Status } from './status.ts';

interface ClockReport {
  readonly status: Status;
  /** Who keeps the clock; `null` where nobody was found. */
  readonly source: 'chronyd' | 'ntpd' | 'systemd-timesyncd' | null;
  readonly synchronised: boolean | null;
  /** Seconds by which this clock is ahead; systemd-timesyncd does not tell. */
  readonly offset: number | null;
  readonly stratum: number | null;
  /** Seconds by which the clock was set forward, or back, since the last collection. */
  readonly jumped: number;
}

/** An offset beyond it (s) is worth a word: logs of nodes no longer sort. */
const tolerated = 0.5;

/** A clock that moved so much (s) between two collections was set; less is steering. */
const smallestJump = 0.25;

/** How long a daemon on this host is waited for (ms). */
const patience = 1000;

function judge(source: ClockReport['source'], { synchronised, offset }: ClockState): Status {
  if (source === null) return { code: 2, message: 'No time daemon was found' };
  if (!synchronised) return { code: 2, message: `${source} has no time source` };
  if (Math.abs(offset ?? 0) <= tolerated) return { code: 0, message: '' };
  return { code: 1, message: `The clock is ${Math.abs(offset ?? 0).toFixed(3)} s ${(offset ?? 0) > 0 ? 'ahead' : 'behind'}` };
}

/** @param ports - where chronyd and ntpd listen on the loopback */
export function createClock(ports: { readonly chrony: number; readonly ntp: number }): Collector<ClockReport> {
  return {
    name: 'clock',
    category: 'node',
    kind: 'status',
    version: 'B',
    formatVersion: 1,
    help: 'Whether the clock follows a source and how far it is off, according to chronyd, ntpd or systemd-timesyncd (asked over a local port or file).',
    interval: 60,
    timeout: 4,
    longestInterval: 300,
    metrics: [
      {
        name: 'gantry_node_clock_offset_seconds',
        type: 'gauge',
        unit: 'seconds',
        help: 'Seconds by which the clock is ahead; negative if it is behind.',
      },
      { name: 'gantry_node_clock_synchronised', type: 'gauge', help: 'Whether the clock follows a source.' },
    ],
    // The offset is never the same.
    essence: ({ offset: _, ...lasting }) => lasting,
    measure: ({ offset, synchronised }, emit) => {
      if (offset !== null) emit('gantry_node_clock_offset_seconds', offset);
      if (synchronised !== null) emit('gantry_node_clock_synchronised', synchronised ? 1 : 0);
    },
    start: ({ files, now, wallTime }) => {
      let sequence = 0;
      let difference: number | undefined;

      const ask = async (signal: AbortSignal): Promise<{ source: ClockReport['source']; state: ClockState }> => {
        sequence = (sequence + 1) % 0x1_0000;
        const chrony = await askUdp(ports.chrony, chronyRequest(sequence), patience, signal);
        const tracking = chrony && parseChronyReply(chrony, sequence);
        if (tracking) return { source: 'chronyd', state: tracking };
        const ntp = await askUdp(ports.ntp, ntpRequest(sequence), patience, signal);
        const variables = ntp && parseNtpReply(ntp, sequence);
        if (variables) return { source: 'ntpd', state: variables };
        // Empty, and there once the clock has been set by a server.
        const synchronised = files.readIfThere('/run/systemd/timesync/synchronized') !== undefined;
        const running = synchronised || files.list('/run/systemd/timesync').length > 0;
        return { source: running ? 'systemd-timesyncd' : null, state: { synchronised, offset: null, stratum: 0 } };
      };

      return async ({ signal }) => {
        const before = difference;
        difference = (wallTime() - now()) / 1000;
        const moved = difference - (before ?? difference);
        const { source, state } = await ask(signal);
        return {
          status: judge(source, state),
          source,
          synchronised: source === null ? null : state.synchronised,
          offset: state.offset,
          stratum: state.stratum || null,
          jumped: Math.abs(moved) < smallestJump ? 0 : moved,
        };
      };
    },
  };
}

export const clock = createClock({ chrony: 323, ntp: 123 });

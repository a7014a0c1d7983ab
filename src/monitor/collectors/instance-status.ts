import type { Status } from './status.ts';

/** Why an instance is as it is, as Ganeti's reason trail has it: source, reason, nanoseconds since 1970. */
type Reason = readonly [source: string, reason: string, time: number];

/** One instance with Ganeti's keys. */
export interface InstanceStatus {
  readonly name: string;
  readonly uuid: string;
  readonly adminState: 'up' | 'down';
  readonly actualState: ActualState;
  /** `2 days, 3:04:05`. */
  readonly uptime: string | null;
  /** Seconds since 1970 at which this state was first seen. */
  readonly mtime: number;
  readonly state_reason: readonly Reason[];
  readonly status: Status;
}

export const actualStates = ['running', 'paused', 'blocked', 'shutdown', 'crashed', 'hung', 'unknown'] as const;
type ActualState = (typeof actualStates)[number];

/** What an instance does, and who brought it about. */
export interface Verdict {
  readonly actualState: ActualState;
  readonly source: 'gantry:user' | 'gantry:operator' | 'gantry:node';
  readonly reason: string;
  readonly code: Status['code'];
  /** Of the status, where it says more than the reason. */
  readonly message?: string;
}

/** What a collector found out about an instance. */
export interface FoundInstance {
  readonly name: string;
  readonly uuid: string;
  readonly verdict: Verdict;
  /** Seconds; `null` where that is not known, or nothing runs. */
  readonly uptime: number | null;
  /** Seconds since 1970 for which it is so. */
  readonly since: number;
}

export function toStatus({ name, uuid, verdict, uptime, since }: FoundInstance): InstanceStatus {
  const { actualState, source, reason, code, message = actualState === 'running' ? '' : reason } = verdict;
  return {
    name,
    uuid,
    adminState: source === 'gantry:operator' && actualState === 'shutdown' ? 'down' : 'up',
    actualState,
    uptime: uptime === null ? null : formatUptime(uptime),
    mtime: since,
    state_reason: [[source, reason, Math.round(since * 1000) * 1e6]],
    status: { code, message },
  };
}

/** Seconds as `2 days, 3:04:05`. */
export function formatUptime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const days = Math.floor(whole / 86_400);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = `${Math.floor((whole % 86_400) / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return days === 0 ? time : `${days} ${days === 1 ? 'day' : 'days'}, ${time}`;
}

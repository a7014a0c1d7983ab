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

export interface InstStatusReport {
  readonly instances: readonly InstanceStatus[];
  readonly status: Status;
}

export const actualStates = ['running', 'paused', 'blocked', 'shutdown', 'crashed', 'hung', 'unknown'] as const;
export type ActualState = (typeof actualStates)[number];

/** Seconds as `2 days, 3:04:05`. */
export function formatUptime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const days = Math.floor(whole / 86_400);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = `${Math.floor((whole % 86_400) / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return days === 0 ? time : `${days} ${days === 1 ? 'day' : 'days'}, ${time}`;
}

/** The report: the worst of all, and a line for each that is not good. */
export function sumUp(instances: readonly InstanceStatus[]): InstStatusReport {
  const code = Math.max(0, ...instances.map(({ status }) => status.code)) as Status['code'];
  const lines = instances.filter(({ status }) => status.code > 0).map(({ name, status }) => `${name}: ${status.message}`);
  return { instances, status: { code, message: lines.join('\n') } };
}

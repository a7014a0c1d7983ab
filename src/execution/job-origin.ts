import type { Opcode } from './opcode.ts';

export type JobPriority = 'low' | 'normal' | 'high';

/** Who submits jobs, and why. */
export interface JobOrigin {
  readonly program: string;
  readonly comment: string;
  readonly reason?: string | undefined;
  readonly priority?: JobPriority | undefined;
  /** Milliseconds since 1970, for the trail of reasons; default: the system's. */
  readonly now?: () => number;
}

/** Ganeti's numbers; what is more urgent has the smaller one. */
const priorities: Readonly<Record<JobPriority, number>> = { low: 10, normal: 0, high: -10 };

/** An opcode with what says who asks for it, and why. */
export function annotate(opcode: Opcode, { program, comment, reason, priority = 'normal', now = Date.now }: JobOrigin): Opcode {
  const trail = [program, reason ?? `${program} (gantry) called`, now() * 1_000_000];
  return { priority: priorities[priority], depends: null, comment: `${comment} (gantry)`, reason: [trail], ...opcode };
}

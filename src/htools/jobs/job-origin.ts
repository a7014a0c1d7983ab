import type { JobPriority } from '../command/settings.ts';
import type { Opcode } from './opcode.ts';

/** Who submits jobs, and why. */
export interface JobOrigin {
  readonly program: string;
  readonly comment: string;
  readonly reason?: string | undefined;
  readonly priority?: JobPriority | undefined;
}

/** Ganeti's numbers; what is more urgent has the smaller one. */
const priorities: Readonly<Record<JobPriority, number>> = { low: 10, normal: 0, high: -10 };

/** An opcode with what says who asks for it, and why. */
export function annotate(opcode: Opcode, { program, comment, reason, priority = 'normal' }: JobOrigin): Opcode {
  const trail = [program, reason ?? `${program} (gantry) called`, Date.now() * 1_000_000];
  return { priority: priorities[priority], depends: null, comment: `${comment} (gantry)`, reason: [trail], ...opcode };
}

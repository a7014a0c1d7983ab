import { setTimeout as sleep } from 'node:timers/promises';
import { GantryError, type Json } from '../../base/index.ts';
import type { LuxiClient } from '../sources/luxi/luxi-client.ts';
import type { Opcode } from './harep-repairs.ts';

const unfinished: ReadonlySet<unknown> = new Set(['queued', 'waiting', 'canceling', 'running']);
const firstPause = 500;
const longestPause = 15_000;

export const isUnfinished = (status: string): boolean => unfinished.has(status);

/** An opcode with what says who asks for it, and why. */
export function annotate(opcode: Opcode, reason: string | undefined): Opcode {
  const trail = ['harep', reason ?? 'harep (gantry) called', Date.now() * 1_000_000];
  return { priority: 0, depends: null, comment: 'automated repairs by harep (gantry)', reason: [trail], ...opcode };
}

/** Submits jobs. @returns their numbers @throws HAREP_JOB_REFUSED */
export async function submitJobs(master: LuxiClient, jobs: readonly (readonly Opcode[])[]): Promise<number[]> {
  const answers = await master.call('SubmitManyJobs', [jobs as Json]);
  return (Array.isArray(answers) ? answers : [answers]).map((answer: unknown) => {
    const [accepted, job] = Array.isArray(answer) ? answer : [];
    if (accepted !== true) throw new GantryError('HAREP_JOB_REFUSED', { detail: String(job ?? answer) });
    return Number(job);
  });
}

/** Status of jobs, in their order. @throws HAREP_JOB_GONE for one that the master does not know any more */
export async function jobStates(master: LuxiClient, jobs: readonly number[]): Promise<string[]> {
  const rows = await master.call('QueryJobs', [[...jobs], ['status']]);
  return jobs.map((job, k) => {
    const row: unknown = Array.isArray(rows) ? rows[k] : undefined;
    const status: unknown = Array.isArray(row) ? row[0] : undefined;
    if (typeof status !== 'string') throw new GantryError('HAREP_JOB_GONE', { job });
    return status;
  });
}

/** Submits one job and waits for its end. @throws HAREP_JOB_FAILED */
export async function runJob(master: LuxiClient, opcodes: readonly Opcode[]): Promise<void> {
  const jobs = await submitJobs(master, [opcodes]);
  for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
    await sleep(pause);
    const states = await jobStates(master, jobs);
    if (states.some(isUnfinished)) continue;
    if (states.every((status) => status === 'success')) return;
    throw new GantryError('HAREP_JOB_FAILED', { jobs: jobs.map((job, k) => `${job}=>${states[k]}`).join(', ') });
  }
}

import type { Json } from '../../base/index.ts';
import { describeError } from '../sources/luxi/luxi-client.ts';

/** The error of the first opcode of a job that has one. */
export function failureCause(job: number, opcodeStates: unknown, opcodeResults: unknown): string {
  const at = listOf(opcodeStates).indexOf('error');
  return `job ${job}: ${at < 0 ? 'no opcode has an error' : describeError(listOf(opcodeResults)[at] ?? null)}`;
}

const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : []);

import type { ChildProcess } from 'node:child_process';
import { access } from 'node:fs/promises';
import { GantryError, silentOperation } from '../../../base/index.ts';
import type { HandlerContext, Progress } from '../../../rpc/index.ts';

/** Whose progress is remembered. */
export const testContext = (signal = new AbortController().signal) => {
  const seen: Progress[] = [];
  return {
    seen,
    stepId: undefined,
    operation: silentOperation,
    signal,
    progress: (now: Progress) => seen.push(now),
  } satisfies HandlerContext & { seen: Progress[] };
};

/** Answers of QMP: these states, one after the other. */
export const status = (...states: string[]) => states.map((one) => ({ status: one }));

/** An answer of QMP with which the process ends. */
export const kills = (child: ChildProcess) => [
  () => {
    child.kill('SIGKILL');
    return {};
  },
];

export const there = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
export const refused = (problem: string) => new GantryError('HYPERVISOR_QMP_REFUSED', { command: 'x', problem });
export const nowhere = '00000000-0000-4000-8000-000000000000';

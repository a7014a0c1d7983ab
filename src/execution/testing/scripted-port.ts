import { GantryError } from '../../base/index.ts';
import type { JobAnswer, JobPort } from '../job-port.ts';
import type { Job } from '../opcode.ts';

/** What a job, named by the `name` of its first opcode, does each time it is asked for; the last state stays. */
export interface PortScript {
  /** Default: `running`, then `success`. */
  readonly states?: Readonly<Record<string, readonly (string | undefined)[]>>;
  /** What the n-th submission, from 0, is answered; default: all are taken. */
  readonly answers?: Readonly<Record<number, readonly JobAnswer[] | Error>>;
  /** Whether the n-th question for states, from 0, fails, and with what. */
  readonly silence?: (n: number) => Error | undefined;
  readonly causes?: (jobs: readonly number[]) => Promise<string[]>;
  /** What a cancelled job ends as; default `canceled`. Undefined: it cannot be cancelled any more. */
  readonly cancelledAs?: string | undefined;
}

/** A master that needs no time; jobs get the numbers 1, 2, … `events` has what it was asked for, in order. */
export function scriptedPort(script: PortScript = {}) {
  const events: string[] = [];
  const jobs = new Map<number, { readonly opcodes: Job; readonly left: (string | undefined)[] }>();
  const cancelled = new Set<number>();
  let [submissions, questions] = [0, 0];
  const nameOf = (opcodes: Job) => String(opcodes[0]?.['name']);
  const end = 'cancelledAs' in script ? script.cancelledAs : 'canceled';
  const port: JobPort = {
    async submit(given) {
      events.push(`submit ${given.map(nameOf).join(' ')}`);
      const answers = script.answers?.[submissions++];
      if (answers instanceof Error) throw answers;
      return given.map((opcodes, k) => {
        const answer = answers?.[k];
        if (answer) return answer;
        const number = jobs.size + 1;
        jobs.set(number, { opcodes, left: [...(script.states?.[nameOf(opcodes)] ?? ['running', 'success'])] });
        return { taken: number };
      });
    },
    async states(numbers) {
      const silence = script.silence?.(questions++);
      if (silence) throw silence;
      return numbers.map((number) => {
        if (cancelled.has(number) && end !== undefined) return end;
        const left = jobs.get(number)?.left ?? [];
        return left.length > 1 ? left.shift() : left[0];
      });
    },
    causes: script.causes ?? (async (numbers) => numbers.map((number) => `job ${number} failed`)),
    async cancel(number) {
      events.push(`cancel ${number}`);
      if (end === undefined) throw new GantryError('JOB_UNKNOWN', { job: number });
      cancelled.add(number);
    },
    untilChange: () => new Promise<void>((resolve) => setImmediate(resolve)),
  };
  return { port, events, jobs };
}

/** A job whose opcode has a name. */
export const jobNamed = (name: string): Job => [{ OP_ID: 'OP_TEST_DELAY', name }];

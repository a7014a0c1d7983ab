import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterData } from '../../../placement/index.ts';
import { dataText } from '../../sources/testing/data-file.ts';
import { clusterAnswers } from './cluster-answers.ts';

interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
}

type Row = [status: number, value: unknown][];
type SubmittedJob = Readonly<Record<string, unknown>>[];

export interface MasterScript {
  /** In place of the recorded cluster of a real master. */
  readonly cluster?: ClusterData;
  /** Nodes that are offline, by name. */
  readonly offline?: readonly string[];
  /** What is different about an instance of the recorded cluster. */
  readonly instances?: Readonly<
    Record<string, { readonly tags?: readonly string[]; readonly template?: string; readonly secondary?: string }>
  >;
  /** States of jobs, by number, each told once and the last one ever after; the others succeed. A job that is not known has null. */
  readonly states?: Readonly<Record<number, readonly (string | null)[]>>;
  /** What opcodes of jobs that failed give as their error. */
  readonly failure?: string;
  /** Jobs are refused for this reason once so many were taken (0). */
  readonly refusal?: string;
  readonly taken?: number;
  /** So many questions about jobs are not answered: the master hangs up. */
  readonly silences?: number;
  /** It answers for no more than so many of the jobs that it takes. */
  readonly answers?: number;
  /** It closes the connection when jobs are submitted. */
  readonly dies?: boolean;
}

export interface JobMaster extends AsyncDisposable {
  readonly path: string;
  /** Opcodes of the jobs submitted, whose numbers begin at 100. */
  readonly jobs: readonly SubmittedJob[];
  /** The jobs as they were submitted together. */
  readonly submissions: readonly (readonly SubmittedJob[])[];
}

/** A master on a Unix socket that takes jobs. */
export async function jobMaster(script: MasterScript = {}): Promise<JobMaster> {
  const folder = await mkdtemp(join(tmpdir(), 'master-'));
  const path = join(folder, 'socket');
  const session = new Session(script);
  const server = createServer((socket) => {
    let received = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (piece) => {
      const messages = (received + piece.toString()).split('\x03');
      received = messages.pop() ?? '';
      for (const message of messages) {
        const answer = session.answer(JSON.parse(message));
        if (answer === undefined) socket.destroy();
        else socket.write(`${JSON.stringify(answer)}\x03`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const dispose = async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  };
  return { path, jobs: session.jobs, submissions: session.submissions, [Symbol.asyncDispose]: dispose };
}

class Session {
  readonly jobs: SubmittedJob[] = [];
  readonly submissions: SubmittedJob[][] = [];
  private readonly script: MasterScript;
  private readonly asked = new Map<number, number>();
  private silences: number;

  constructor(script: MasterScript) {
    this.script = script;
    this.silences = script.silences ?? 0;
  }

  answer({ method, args }: Call): unknown {
    if (method === 'SubmitManyJobs' && this.script.dies) return undefined;
    if (method === 'SubmitManyJobs') return success(this.submit(args[0] as SubmittedJob[]).slice(0, this.script.answers));
    if (method === 'QueryJobs') return this.silences-- > 0 ? undefined : success(this.query(...(args as [number[], string[]])));
    if (this.script.cluster) {
      const answers = clusterAnswers(this.script.cluster);
      return success(answers[method === 'Query' ? String(args[0]) : 'info']);
    }
    const recorded = JSON.parse(dataText('luxi.json')) as { call: Call; answer: { result: { data?: Row[] } } }[];
    const answer = recorded.find(({ call }) => JSON.stringify(call) === JSON.stringify({ method, args }))?.answer;
    for (const row of answer?.result.data ?? []) change(args[0], row, this.script);
    return answer ?? { success: false, result: ['GenericError', ['Unknown method']] };
  }

  private submit(wanted: readonly SubmittedJob[]): [boolean, unknown][] {
    const { refusal, taken = 0 } = this.script;
    this.submissions.push([]);
    return wanted.map((job) => {
      if (refusal !== undefined && this.jobs.length >= taken) return [false, refusal];
      this.submissions.at(-1)?.push(job);
      return [true, 99 + this.jobs.push(job)];
    });
  }

  private query(numbers: readonly number[], fields: readonly string[]): unknown[] {
    const values = (job: number) => ({
      status: () => this.state(job),
      opstatus: () => this.jobs[job - 100]?.map((_, k) => (k === 0 ? 'error' : 'canceled')),
      opresult: () => this.jobs[job - 100]?.map((_, k) => (k === 0 ? ['OpExecError', [this.script.failure]] : null)),
    });
    return numbers.map((job) => {
      const row = fields.map((field) => values(job)[field as 'status']());
      return row[0] === null ? null : row;
    });
  }

  private state(job: number): string | null {
    const states = this.script.states?.[job] ?? ['success'];
    const turn = this.asked.get(job) ?? 0;
    this.asked.set(job, turn + 1);
    return states[Math.min(turn, states.length - 1)] ?? null;
  }
}

const success = (result: unknown) => ({ success: true, result });

/** Columns are those of the recorded queries. */
function change(kind: unknown, row: Row, { offline = [], instances = {} }: MasterScript): void {
  const name = String(row[0]?.[1]);
  if (kind === 'node' && offline.includes(name)) row[8] = [0, true];
  const other = kind === 'instance' ? instances[name] : undefined;
  if (other?.tags) row[7] = [0, other.tags];
  if (other?.template) row[9] = [0, other.template];
  if (other?.secondary) row[6] = [0, [other.secondary]];
}

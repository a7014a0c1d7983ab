import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataText } from '../../sources/testing/data-file.ts';

interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
}

type Row = [status: number, value: unknown][];

export interface MasterScript {
  /** Nodes that are offline, by name. */
  readonly offline?: readonly string[];
  /** What is different about an instance than a real master once told. */
  readonly instances?: Readonly<
    Record<string, { readonly tags?: readonly string[]; readonly template?: string; readonly secondary?: string }>
  >;
  /** How jobs end, by number; the others with success. A job that is not known has null. */
  readonly endings?: Readonly<Record<number, string | null>>;
  /** Jobs are refused for this reason. */
  readonly refusal?: string;
}

export interface JobMaster extends AsyncDisposable {
  readonly path: string;
  /** Opcodes of the jobs submitted, whose numbers begin at 100. */
  readonly jobs: readonly Readonly<Record<string, unknown>>[][];
}

/** A master on a Unix socket, with the recorded cluster of a real one, that takes jobs. */
export async function jobMaster(script: MasterScript): Promise<JobMaster> {
  const folder = await mkdtemp(join(tmpdir(), 'master-'));
  const path = join(folder, 'socket');
  const jobs: Record<string, unknown>[][] = [];
  const server = createServer((socket) => {
    let received = '';
    socket.on('data', (piece) => {
      const messages = (received + piece.toString()).split('\x03');
      received = messages.pop() ?? '';
      for (const message of messages) socket.write(`${JSON.stringify(answerTo(JSON.parse(message), script, jobs))}\x03`);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const dispose = async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  };
  return { path, jobs, [Symbol.asyncDispose]: dispose };
}

function answerTo({ method, args }: Call, script: MasterScript, jobs: Record<string, unknown>[][]): unknown {
  if (method === 'SubmitManyJobs') {
    const [wanted] = args as [Record<string, unknown>[][]];
    const result = wanted.map((job) => (script.refusal === undefined ? [true, 99 + jobs.push(job)] : [false, script.refusal]));
    return { success: true, result };
  }
  if (method === 'QueryJobs') {
    const [ids] = args as [number[]];
    const rows = ids.map((id) => script.endings?.[id] ?? (script.endings?.[id] === null ? null : 'success'));
    return { success: true, result: rows.map((status) => status && [status]) };
  }
  const recorded = JSON.parse(dataText('luxi.json')) as { call: Call; answer: { result: { data?: Row[] } } }[];
  const answer = recorded.find(({ call }) => JSON.stringify(call) === JSON.stringify({ method, args }))?.answer;
  for (const row of answer?.result.data ?? []) change(args[0], row, script);
  return answer ?? { success: false, result: ['GenericError', ['Unknown method']] };
}

/** Columns are those of the recorded queries. */
function change(kind: unknown, row: Row, { offline = [], instances = {} }: MasterScript): void {
  const name = String(row[0]?.[1]);
  if (kind === 'node' && offline.includes(name)) row[8] = [0, true];
  const other = kind === 'instance' ? instances[name] : undefined;
  if (other?.tags) row[7] = [0, other.tags];
  if (other?.template) row[9] = [0, other.template];
  if (other?.secondary) row[6] = [0, [other.secondary]];
}

import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Principal } from '../src/access/index.ts';
import { defineOperation, type JobQueue } from '../src/jobs/index.ts';
import { openFixture } from '../src/jobs/testing/queue-fixture.ts';
import { jobStatus, opcodes } from '../src/model/index.ts';

const bench: Principal = { name: 'bench', scheme: 'users-file', groups: [], options: ['write'] };

/**
 * No-op jobs per second, from submission to the answer that the job has succeeded, each submission durable.
 * Four nodes are registered, as in the measurement of Ganeti that it is compared with.
 *
 *     node bench/jobs.ts [--small] [--jobs N] [--submitters N] [--dir DIRECTORY]
 */
export interface JobsBenchmark {
  readonly jobs: number;
  readonly submitters: number;
  readonly seconds: number;
  readonly jobsPerSecond: number;
  /** Milliseconds from submission to success. */
  readonly latency: { readonly median: number; readonly p99: number };
  /** Of what every job ended with; the same for the same number of jobs. */
  readonly hash: string;
}

const noop = defineOperation(opcodes.testDelay, {
  plan: async () => null,
  steps: () => [],
  result: () => null,
});

export async function benchJobs(options: { jobs: number; submitters: number; dir: string }): Promise<JobsBenchmark> {
  const { jobs, submitters, dir } = options;
  const { queue, close } = await openFixture(dir, { operations: new Map([[noop.opcode.id, noop]]) });
  const latencies: number[] = [];
  let left = jobs;
  const submitter = async () => {
    while (left-- > 0) {
      const begin = performance.now();
      await runOne(queue);
      latencies.push(performance.now() - begin);
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: submitters }, submitter));
  const seconds = (performance.now() - begin) / 1000;
  const ends = queue.list().map((job) => [job.id, jobStatus(job), job.ops.map(({ status, result }) => [status, result])]);
  await close();
  latencies.sort((a, b) => a - b);
  const at = (part: number) => latencies[Math.floor((latencies.length - 1) * part)] ?? 0;
  const hash = createHash('sha256').update(JSON.stringify(ends)).digest('hex').slice(0, 16);
  return { jobs, submitters, seconds, jobsPerSecond: jobs / seconds, latency: { median: at(0.5), p99: at(0.99) }, hash };
}

async function runOne(queue: JobQueue): Promise<void> {
  const id = await queue.submit([{ OP_ID: 'OP_TEST_DELAY', duration: 0 }], bench);
  for (let status: ReturnType<typeof jobStatus> = 'queued'; status !== 'success'; ) {
    const change = await queue.waitForChange(id, { status, timeoutMs: 60_000 });
    if (!change) throw new Error(`job ${id} did not end`);
    status = jobStatus(change.job);
    if (status === 'error' || status === 'canceled') throw new Error(`job ${id} ended with ${status}`);
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { small: { type: 'boolean' }, jobs: { type: 'string' }, submitters: { type: 'string' }, dir: { type: 'string' } },
  });
  const jobs = Number(values.jobs ?? (values.small ? 200 : 10_000));
  const counts = values.submitters ? [Number(values.submitters)] : [1, 10, 100];
  for (const submitters of counts) {
    const dir = await mkdtemp(join(values.dir ?? tmpdir(), 'gantry-bench-jobs-'));
    try {
      const result = await benchJobs({ jobs: submitters === 1 ? Math.min(jobs, 2000) : jobs, submitters, dir });
      const { median, p99 } = result.latency;
      console.log(
        `jobs: ${result.jobs} no-op jobs, ${submitters} submitters: ${Math.round(result.jobsPerSecond)} jobs/s, ` +
          `median ${median.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, hash ${result.hash}`,
      );
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }
}

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { type Clock, type ErrorReport, systemClock } from '../../base/index.ts';
import { type Job, type JobStatus, jobStatus, type Touch } from '../../model/index.ts';
import type { JobQueue, OpInput } from '../job-queue.ts';
import type { Operation } from '../saga/operation.ts';
import { type FixtureOptions, newDirectory, openFixture, type QueueFixture } from './queue-fixture.ts';
import { testOperations, testSteps } from './test-operations.ts';

export const reboot: OpInput = { OP_ID: 'OP_INSTANCE_REBOOT', instance_name: 'web1' };
export const noop: OpInput = { OP_ID: 'OP_TEST_DELAY', duration: 0 };
export const create = (instance_name: string, more = {}): OpInput => ({ OP_ID: 'OP_INSTANCE_CREATE', instance_name, ...more });

export interface TestQueues {
  /** A master, with the test operations unless told otherwise. The next one of the same test finds what this one left. */
  start(options?: Partial<FixtureOptions>): Promise<QueueFixture>;
  /** The directory of the present test. */
  dir(): string;
  /** The folder in which the test operations have their effects. */
  world(): string;
}

/** For the tests of one file: each has a directory of its own, and the masters that it starts are closed behind it. */
export function testQueues(): TestQueues {
  let home: Awaited<ReturnType<typeof newDirectory>>;
  let closers: (() => Promise<void>)[];
  const world = () => join(home.dir, 'world');
  beforeEach(async () => {
    home = await newDirectory();
    closers = [];
    await mkdir(world());
  });
  afterEach(async () => {
    for (const close of closers) await close();
    await home.remove();
  });
  return {
    dir: () => home.dir,
    world,
    async start(options = {}) {
      const fixture = await openFixture(home.dir, { operations: testOperations({ dir: world() }), ...options });
      let closed: Promise<void> | undefined;
      const close = () => (closed ??= fixture.close());
      closers.push(close);
      return { ...fixture, close };
    },
  };
}

/** The job when its status is one of these. Fails when it stays as it is for 20 s. */
async function waitFor(queue: JobQueue, id: number, wanted: readonly JobStatus[]): Promise<Job> {
  let job = await queue.get(id);
  assert.ok(job, `there is no job ${id}`);
  for (let changes = 0; !wanted.includes(jobStatus(job)); changes++) {
    assert.ok(changes < 1000, `job ${id} does not come to be ${wanted.join(' or ')}`);
    const change = await queue.waitForChange(id, { status: jobStatus(job), timeoutMs: 20_000 });
    assert.ok(change, `job ${id} stays ${jobStatus(job)} and does not come to be ${wanted.join(' or ')}`);
    job = change.job;
  }
  return job;
}

export const reaches = (queue: JobQueue, id: number, status: JobStatus): Promise<Job> => waitFor(queue, id, [status]);
/** The job when it has ended. */
export const end = (queue: JobQueue, id: number): Promise<Job> => waitFor(queue, id, ['success', 'error', 'canceled']);

export const errorOf = (job: Job, index = 0): ErrorReport => (job.ops[index] as { result: { error: ErrorReport } }).result.error;
export const statuses = (job: Job | undefined): JobStatus[] | undefined => job?.ops.map(({ status }) => status);

/** Shortens the pauses between attempts, not the time that a test waits for a job. */
export const hastyClock: Clock = {
  now: () => systemClock.now(),
  sleep: (ms, signal) => systemClock.sleep(ms > 10_000 ? ms : 1, signal),
};

/** An operation that stands still, by default with the exclusive lock `web1`, until `open` lets its job through. */
export function gated(touches: readonly Touch[] = [{ kind: 'instance', name: 'web1', mode: 'exclusive' }]) {
  const gates = new Map<number, PromiseWithResolvers<void>>();
  const order: number[] = [];
  const gateOf = (job: number) => {
    const gate = gates.get(job) ?? Promise.withResolvers<void>();
    gates.set(job, gate);
    return gate;
  };
  const operation: Operation = testSteps(
    [
      {
        id: 'hold',
        title: 'hold',
        do: ({ jobId }) => {
          order.push(jobId);
          return gateOf(jobId).promise;
        },
      },
    ],
    touches,
  );
  const open = (queue: JobQueue, id: number): Promise<Job> => {
    gateOf(id).resolve();
    return end(queue, id);
  };
  /** `order` has the jobs as they reached the gate. */
  return { operation, order, open };
}

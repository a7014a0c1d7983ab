import type { AccessControl, Principal } from '../../access/index.ts';
import { type Clock, GantryError, type Log, type Random } from '../../base/index.ts';
import { type Job, jobStatus } from '../../model/index.ts';
import type { JobNodeCaller } from '../../rpc/index.ts';
import type { Config, Leadership, Store } from '../../store/index.ts';
import type { JobQueue, OpInput, WaitOptions } from '../job-queue.ts';
import { createLockManager } from '../locks/lock-manager.ts';
import { JobMetrics } from '../metrics/job-metrics.ts';
import { reprioritised } from '../record/job-changes.ts';
import type { JobRecord } from '../record/job-record.ts';
import type { Operation } from '../saga/operation.ts';
import type { SagaHost, UndoRetry } from '../saga/saga-host.ts';
import { createJobWriter } from '../writing/job-writer.ts';
import { archiveJob, archiveOlder } from './archive-jobs.ts';
import { cancelJob } from './cancel-job.ts';
import { jobFigures } from './job-figures.ts';
import { loadSubmissions } from './known-submissions.ts';
import { loadArchivedJob, loadJobs } from './load-jobs.ts';
import { addJob, createScheduler, describe, longStep, pump, queueStopped, reorder, type Scheduler } from './scheduler.ts';
import { submitChildren } from './submit-children.ts';
import { admit, type Submission, submitJobs } from './submit-jobs.ts';
import { waitForChange } from './wait-for-change.ts';

export interface JobQueueOptions {
  readonly store: Store;
  readonly config: Config;
  /** The term in which this master leads; every write holds only during it. */
  readonly leadership: Pick<Leadership, 'compare' | 'lost' | 'lose'>;
  /** What each opcode does, by `OP_…`. */
  readonly operations: ReadonlyMap<string, Operation>;
  readonly nodes: JobNodeCaller;
  readonly clock: Clock;
  readonly random: Random;
  readonly newUuid: () => string;
  readonly log: Log;
  /** Counts what becomes of jobs; default: for this queue alone. */
  readonly metrics?: JobMetrics;
  /** Decides on every submission, wherever it comes from, and knows what who submits may see. */
  readonly access: Pick<AccessControl, 'requireOpcodes' | 'sightOf'>;
  /** Encrypts the secrets of an opcode; called before it is stored anywhere. */
  readonly sealOp?: (op: OpInput) => OpInput;
  /** Called when the end of an opcode is durable. */
  readonly onOpFinished?: (job: Job, index: number) => void;
  /** How long a failing undo is repeated; default 6 times within a minute. */
  readonly undoRetry?: UndoRetry;
  /** Most unfinished jobs; default 20,000. */
  readonly unfinishedLimit?: number;
}

const notLeading = 'it does not lead any more';

/** The job queue of a leading master. Nothing happens before `start`. */
export function createJobQueue(options: JobQueueOptions): JobQueue {
  const stopping = new AbortController();
  const stop = (reason: string) => stopping.abort(queueStopped(reason));
  // The lease may still be valid. If the term did not end, this master would answer reads but never write again.
  const onFenced = () => {
    stop(notLeading);
    options.leadership.lose(new GantryError('MASTER_STANDS_BY', { reason: 'a write of its job queue was refused' }));
  };
  let submission: Submission | undefined;

  const started = (): Scheduler => {
    stopping.signal.throwIfAborted();
    if (!submission) throw queueStopped('it has not begun yet');
    return submission.scheduler;
  };
  const need = (id: number): JobRecord => {
    const record = started().jobs.get(id);
    if (!record) throw new GantryError('JOB_UNKNOWN', { job: id });
    return record;
  };

  const submitMany = async (jobs: readonly (readonly OpInput[])[], by: Principal, trace?: string) => {
    started();
    const admitted = await admit(options.access, jobs, by, trace);
    started();
    return submitJobs(submission as Submission, admitted, trace);
  };

  return {
    async submit(ops, by, once, trace) {
      if (!once) return (await submitMany([ops], by, trace))[0] as number;
      started();
      const present = submission as Submission;
      const admitted = await admit(options.access, [ops], by, trace);
      started();
      return present.known.once(by, once, async (writesFor) => (await submitJobs(present, admitted, trace, writesFor))[0] as number);
    },
    submitMany,
    async get(id) {
      return submission?.scheduler.jobs.get(id)?.job ?? (await loadArchivedJob(options.store, id));
    },
    async look(id) {
      const record = submission?.scheduler.jobs.get(id);
      if (submission && record) return describe(submission.scheduler, record);
      const job = await loadArchivedJob(options.store, id);
      return job && { job, progress: null, waitingFor: [] };
    },
    present(id) {
      const record = submission?.scheduler.jobs.get(id);
      return record && describe((submission as Submission).scheduler, record);
    },
    list: () => [...(submission?.scheduler.jobs.values() ?? [])].map(({ job }) => job),
    async waitForChange(id: number, wait: WaitOptions) {
      const scheduler = started();
      const record = scheduler.jobs.get(id);
      if (record) return waitIn(scheduler, record, wait);
      const job = await loadArchivedJob(options.store, id);
      if (!job) throw new GantryError('JOB_UNKNOWN', { job: id });
      return { job, progress: null, waitingFor: [] };
    },
    cancel: async (id) => cancelJob(started(), need(id)),
    async archive(id) {
      const scheduler = started();
      const record = scheduler.jobs.get(id);
      if (record) return archiveJob(scheduler, record);
      if (!(await loadArchivedJob(options.store, id))) throw new GantryError('JOB_UNKNOWN', { job: id });
    },
    autoArchive: async (ageSeconds, which) => archiveOlder(started(), ageSeconds, which),
    async changePriority(id, priority) {
      const record = need(id);
      if (record.phase === 'ended') throw new GantryError('JOB_ENDED', { job: id, status: jobStatus(record.job) });
      if (!Number.isInteger(priority) || priority < -20 || priority > 19) {
        throw new GantryError('INPUT_INVALID', { subject: 'job', field: 'priority', problem: 'must be a whole number from -20 to 19' });
      }
      const scheduler = started();
      await scheduler.host.writer.change(record, reprioritised(priority), 'refusable');
      reorder(scheduler, record);
    },
    locks: () => submission?.scheduler.locks.rows() ?? [],
    async start() {
      void options.leadership.lost.then(() => stop(notLeading));
      submission = await open(options, stopping.signal, onFenced);
    },
    async stop() {
      stop('it was stopped');
      await submission?.scheduler.host.writer.idle();
    },
  };
}

async function open(options: JobQueueOptions, signal: AbortSignal, onFenced: () => void): Promise<Submission> {
  const { store, config, clock, log } = options;
  const loaded = await loadJobs(store);
  const known = await loadSubmissions(store, () => clock.now());
  await config.reached(loaded.revision);
  const fence = options.leadership.compare;
  const locks = createLockManager();
  const host: SagaHost = {
    ...options,
    fence,
    signal,
    onFenced,
    metrics: options.metrics ?? new JobMetrics(),
    undoRetry: options.undoRetry ?? { attempts: 6, firstPauseMs: 2000 },
    writer: createJobWriter({ store, clock, log, signal, fence, onFenced, serialRevision: loaded.serialRevision }),
    releaseLevel: (record, level) => locks.releaseLevel(record.id, level),
    submitChildren: (parent, index, step, jobs) => submitChildren(submission, options.access, parent, index, step, jobs),
    longStep: (record, isRunning) => longStep(scheduler, record, isRunning),
  };
  const archived = (id: number) => loadArchivedJob(store, id);
  const scheduler: Scheduler = createScheduler({ host, locks, jobs: new Map(), archived, onOpFinished: options.onOpFinished });
  const submission: Submission = { scheduler, known, nextId: loaded.nextId, limit: options.unfinishedLimit ?? 20_000 };
  signal.throwIfAborted();
  host.metrics.follow(() => jobFigures(scheduler));
  for (const record of loaded.records) addJob(scheduler, record);
  pump(scheduler);
  return submission;
}

async function waitIn(scheduler: Scheduler, record: JobRecord, wait: WaitOptions) {
  const { host, followed } = scheduler;
  if (wait.progress) followed.add(record);
  try {
    return await waitForChange({ clock: host.clock, signal: host.signal, describe: (each) => describe(scheduler, each) }, record, wait);
  } finally {
    if (record.watchers.size === 0) followed.delete(record);
  }
}

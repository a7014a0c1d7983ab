import { principalOfJob } from '../../access/index.ts';
import { GantryError } from '../../base/index.ts';
import { type Job, type JobOp, jobStatus } from '../../model/index.ts';
import type { JobChange } from '../job-queue.ts';
import type { LockManager } from '../locks/lock-manager.ts';
import { type LockWant, sameWants } from '../locks/lock-want.ts';
import { canceledText, cancelled, running, waiting } from '../record/job-changes.ts';
import { currentOp, isEnded, type JobRecord, notify, show } from '../record/job-record.ts';
import { failOp, runOp } from '../saga/run-op.ts';
import { now } from '../saga/saga.ts';
import type { SagaHost } from '../saga/saga-host.ts';
import { checkDependencies, type DependencyState, dependenciesOf } from './dependencies.ts';
import { opWants } from './op-wants.ts';
import { hurry, overtake, stands } from './overtake.ts';
import { createReadyHeap, type ReadyHeap } from './ready-heap.ts';

/**
 * Decides which job runs next. Jobs that wait cost nothing but their memory: no timer, no promise.
 *
 * A job waits for the jobs it depends on, then for its turn (by priority, then number), then for its locks, for which
 * it needs no place among the running ones. So at most `max_running_jobs` run, besides those in a long step, and none of them waits for a lock: a job
 * gives back its locks and its place after each opcode.
 */
export interface Scheduler {
  readonly host: SagaHost;
  readonly locks: LockManager;
  /** Jobs that are not archived, by number. */
  readonly jobs: Map<number, JobRecord>;
  readonly archived: (id: number) => Promise<Job | undefined>;
  readonly onOpFinished: ((job: Job, index: number) => void) | undefined;
  /** Jobs that may ask for their locks, and jobs that got their locks later and wait for a free place; these go first. */
  readonly ready: ReadyHeap<Turn>;
  readonly granted: ReadyHeap<Turn>;
  readonly turns: Map<JobRecord, Turn>;
  readonly running: Set<JobRecord>;
  /** Of these, jobs in a step that occupies no place. */
  readonly long: Set<JobRecord>;
  /** Waiting jobs whose reason for waiting somebody follows. */
  readonly followed: Set<JobRecord>;
  /** Jobs on their way to the archive. */
  readonly archiving: Map<JobRecord, Promise<void>>;
  /** Jobs that wait for their turn or for locks and overtake who holds them. */
  readonly overtaking: Set<JobRecord>;
  unfinished: number;
}

/** A place in a heap; a job that got another one meanwhile is skipped. */
interface Turn {
  readonly record: JobRecord;
  readonly priority: number;
  readonly resumed: boolean;
}

export function createScheduler(parts: Pick<Scheduler, 'host' | 'locks' | 'jobs' | 'archived' | 'onOpFinished'>): Scheduler {
  const compare = (a: Turn, b: Turn) => Number(b.resumed) - Number(a.resumed) || a.priority - b.priority || a.record.id - b.record.id;
  const running = new Set<JobRecord>();
  const { signal } = parts.host;
  signal.addEventListener('abort', () => running.forEach((record) => record.planning?.abort(signal.reason)), { once: true });
  return {
    ...parts,
    ready: createReadyHeap(compare),
    granted: createReadyHeap(compare),
    turns: new Map(),
    running,
    long: new Set(),
    followed: new Set(),
    archiving: new Map(),
    overtaking: new Set(),
    unfinished: 0,
  };
}

/** Takes up a job that is not in the scheduler yet. */
export function addJob(scheduler: Scheduler, record: JobRecord): void {
  scheduler.jobs.set(record.id, record);
  if (isEnded(record.job)) return;
  scheduler.unfinished++;
  consider(scheduler, record);
}

/** Jobs that transfer data between nodes for hours; more of them occupy places. */
const longLimit = 200;

export const placesTaken = ({ running: places, long }: Pick<Scheduler, 'running' | 'long'>): number => places.size - long.size;

/**
 * A job begins or ends a step that occupies no place. Behind it, the job continues at once, even if all places are taken: it
 * holds locks, and perhaps a guest stands still for it.
 */
export function longStep(scheduler: Scheduler, record: JobRecord, isRunning: boolean): void {
  if (!isRunning) return void scheduler.long.delete(record);
  if (scheduler.long.size >= longLimit) return;
  scheduler.long.add(record);
  pump(scheduler);
}

/** Lets jobs run while there are free places. */
export function pump(scheduler: Scheduler): void {
  const { host } = scheduler;
  while (!host.signal.aborted && placesTaken(scheduler) < host.config.current.cluster.max_running_jobs) {
    const record = next(scheduler, scheduler.granted) ?? next(scheduler, scheduler.ready);
    if (!record) return;
    scheduler.turns.delete(record);
    if (record.phase === 'granted') run(scheduler, record);
    else askForLocks(scheduler, record);
  }
}

/** Puts a waiting job where its new priority belongs. */
export function reorder(scheduler: Scheduler, record: JobRecord): void {
  if (record.phase === 'ready' || record.phase === 'granted') queueUp(scheduler, record, record.phase);
  scheduler.locks.changePriority(record.id, record.job.priority);
}

export function describe(scheduler: Scheduler, record: JobRecord): JobChange {
  return { job: record.job, progress: record.progress, waitingFor: waitingFor(scheduler, record) };
}

function waitingFor(scheduler: Scheduler, record: JobRecord): readonly string[] {
  const { jobs, locks } = scheduler;
  if (record.phase === 'depends') {
    const op = record.job.ops[currentOp(record.job)] as JobOp;
    const active = dependenciesOf(op).flatMap(([id]) => jobs.get(id) ?? []);
    return active.filter(({ job }) => !isEnded(job)).map(({ id, job }) => `job ${id} (${jobStatus(job)})`);
  }
  if (record.phase === 'locks') return [locks.waitingFor(record.id) ?? []].flat();
  const queued = record.phase === 'ready' || record.phase === 'granted';
  return queued ? [`a free place (${placesTaken(scheduler)} jobs are running)`] : [];
}

function next({ turns }: Scheduler, heap: ReadyHeap<Turn>): JobRecord | undefined {
  for (let turn = heap.pop(); turn; turn = heap.pop()) {
    if (turns.get(turn.record) === turn) return turn.record;
  }
  return undefined;
}

function queueUp(scheduler: Scheduler, record: JobRecord, phase: 'ready' | 'granted'): void {
  const turn: Turn = { record, priority: record.job.priority, resumed: record.resumed };
  record.phase = phase;
  scheduler.turns.set(record, turn);
  scheduler[phase].push(turn);
  // Not only when it asks for its locks: those that it overtakes may have all the places.
  if (phase === 'ready') overtake(scheduler, record);
}

/** The next opcode of the job: does it have to wait for other jobs? */
export function consider(scheduler: Scheduler, record: JobRecord): void {
  const op = record.job.ops[currentOp(record.job)] as JobOp;
  if (op.status === 'canceling' && !op.execution) return void cancelRest(scheduler, record);
  if (record.resumed || dependenciesOf(op).length === 0) return queueUp(scheduler, record, 'ready');
  record.phase = 'depends';
  void considerDependencies(scheduler, record, op);
}

/** Ends a job that is to be cancelled and whose present opcode has not begun. */
export async function cancelRest(scheduler: Scheduler, record: JobRecord): Promise<void> {
  const { host, locks } = scheduler;
  record.phase = 'leaving';
  scheduler.turns.delete(record);
  locks.release(record.id);
  try {
    await host.writer.change(record, cancelled(canceledText, now(host)));
  } catch (error) {
    if (!host.signal.aborted) host.log.error({ err: error, job: record.id }, 'the end of a job could not be stored');
    return;
  }
  endJob(scheduler, record);
  pump(scheduler);
}

async function considerDependencies(scheduler: Scheduler, record: JobRecord, op: JobOp): Promise<void> {
  const { host, jobs } = scheduler;
  const index = currentOp(record.job);
  try {
    const sight = host.access.sightOf(principalOfJob(record.job));
    const state = await checkDependencies(op, (id) => jobs.get(id), scheduler.archived, sight);
    if (record.phase !== 'depends' || host.signal.aborted) return;
    await follow(scheduler, record, index, state);
  } catch (error) {
    if (host.signal.aborted) return;
    host.log.warn({ err: error, job: record.id }, 'the jobs that a job depends on could not be read');
    await host.clock.sleep(1000, host.signal).then(
      () => considerDependencies(scheduler, record, op),
      () => undefined,
    );
  }
}

async function follow(scheduler: Scheduler, record: JobRecord, index: number, state: DependencyState): Promise<void> {
  const { host } = scheduler;
  if (state.type === 'met') {
    queueUp(scheduler, record, 'ready');
  } else if (state.type === 'wait') {
    if (isEnded(state.on.job)) return consider(scheduler, record);
    state.on.dependents.add(record);
    return show(record, waiting(index, now(host)));
  } else {
    record.phase = 'leaving';
    if (state.type === 'fail') await failOp(host, record, index, state.error);
    else await host.writer.change(record, cancelled(state.reason, now(host)));
    if (isEnded(record.job)) endJob(scheduler, record);
  }
  pump(scheduler);
}

function askForLocks(scheduler: Scheduler, record: JobRecord): void {
  const { host, locks } = scheduler;
  const index = currentOp(record.job);
  let wants: readonly LockWant[];
  try {
    requireNamed(host, record, index);
    wants = opWants(host, record, index);
  } catch (error) {
    occupy(scheduler, record);
    void failOp(host, record, index, error).then((end) => leave(scheduler, record, index, end));
    return;
  }
  record.phase = 'locks';
  const asked = performance.now();
  const granted = () => {
    host.metrics.lockWait.observe((performance.now() - asked) / 1000);
    if (holdsEnough(scheduler, record, index, wants)) {
      queueUp(scheduler, record, 'granted');
    } else {
      locks.release(record.id);
      queueUp(scheduler, record, 'ready');
    }
    pump(scheduler);
  };
  if (locks.request(record.id, wants, record.job.priority, granted)) return run(scheduler, record);
  show(record, waiting(index, now(host)));
}

/** A job must not hold, wait for or hurry what its principal may not see, nor tell whether it is there. @throws OBJECT_UNKNOWN */
function requireNamed({ access, operations }: SagaHost, { job, resumed }: JobRecord, index: number): void {
  const sight = resumed ? undefined : access.sightOf(principalOfJob(job));
  const params = job.ops[index]?.input ?? {};
  const definition = operations.get(String(params['OP_ID']))?.opcode;
  if (definition) sight?.requireNamed({ definition, params });
}

/** While a job waited for its locks, objects may have been renamed or created: if so, it needs other locks, too. */
function holdsEnough({ host, locks }: Scheduler, record: JobRecord, index: number, wants: readonly LockWant[]): boolean {
  if (record.resumed) return true;
  try {
    const present = opWants(host, record, index);
    return sameWants(wants, present) || locks.extend(record.id, present);
  } catch (error) {
    host.log.debug({ err: error, job: record.id }, 'the locks of a job could not be named again');
    return false;
  }
}

function occupy(scheduler: Scheduler, record: JobRecord): void {
  record.phase = 'running';
  scheduler.running.add(record);
}

function run(scheduler: Scheduler, record: JobRecord): void {
  const { host } = scheduler;
  const index = currentOp(record.job);
  occupy(scheduler, record);
  scheduler.overtaking.delete(record);
  show(record, running(index, now(host)));
  for (const waiter of scheduler.overtaking) if (stands(scheduler, record, waiter)) hurry(record, waiter);
  void runOp(host, record, index).then((end) => leave(scheduler, record, index, end));
}

/** After an opcode: gives back locks and place; an interrupted one keeps them, the queue has stopped. */
function leave(scheduler: Scheduler, record: JobRecord, index: number, end: 'ended' | 'interrupted'): void {
  if (end === 'interrupted') return;
  const { host, locks, onOpFinished } = scheduler;
  record.resumed = false;
  record.progress = null;
  record.planning = record.stepCancel = record.hurry = undefined;
  scheduler.running.delete(record);
  scheduler.long.delete(record);
  locks.release(record.id);
  try {
    onOpFinished?.(record.job, index);
  } catch (error) {
    host.log.error({ err: error, job: record.id }, 'a listener for finished opcodes failed');
  }
  if (isEnded(record.job)) endJob(scheduler, record);
  else consider(scheduler, record);
  for (const followed of scheduler.followed) notify(followed);
  pump(scheduler);
}

export function endJob(scheduler: Scheduler, record: JobRecord): void {
  scheduler.host.metrics.jobEnded(jobStatus(record.job));
  record.phase = 'ended';
  scheduler.overtaking.delete(record);
  scheduler.unfinished--;
  for (const dependent of record.dependents) if (dependent.phase === 'depends') consider(scheduler, dependent);
}

/** Why the queue does not take or do anything. */
export function queueStopped(reason: string): GantryError {
  return new GantryError('QUEUE_STOPPED', { reason });
}

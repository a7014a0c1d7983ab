import { createHistogram, type Emit, type Histogram, longSeconds, type MetricFamily, type MetricSource } from '../../base/index.ts';
import { type JobStatus, type OpStatus, opStatuses } from '../../model/index.ts';

/** What keeps a job from running: the jobs it depends on, its turn to ask for locks, its locks, a free place. */
export type WaitsFor = 'jobs' | 'turn' | 'locks' | 'place';
const waitsFor: readonly WaitsFor[] = ['jobs', 'turn', 'locks', 'place'];

/** What a step is; never its name, which has names of instances. */
export type StepKind = 'plan' | 'world' | 'commit' | 'undo';

/** How things are at the moment. */
export interface JobFigures {
  readonly statuses: ReadonlyMap<JobStatus, number>;
  readonly waiting: ReadonlyMap<WaitsFor, number>;
  readonly oldestWaitingSeconds: number;
  /** Jobs that run, and how many may. */
  readonly places: number;
  readonly placesLimit: number;
  readonly locksHeld: number;
  readonly lockRequests: number;
}

const family = <F extends MetricFamily>(one: F): F => one;
const f = {
  submitted: family({ name: 'gantry_jobs_submitted', type: 'counter', help: 'Jobs that were stored in the queue.' }),
  ended: family({ name: 'gantry_jobs_ended', type: 'counter', help: 'Jobs that have ended, by how.', labels: ['status'] }),
  jobs: family({ name: 'gantry_jobs', type: 'gauge', help: 'Jobs that are not archived, by status.', labels: ['status'] }),
  waiting: family({
    name: 'gantry_jobs_waiting',
    type: 'gauge',
    help: 'Jobs that wait for other jobs, their turn to ask for locks, their locks, or a free place.',
    labels: ['for'],
  }),
  oldest: family({
    name: 'gantry_job_oldest_waiting_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Age of the oldest job that waits and has not begun; 0 when there is none.',
  }),
  running: family({ name: 'gantry_jobs_running', type: 'gauge', help: 'Jobs that run and occupy a place.' }),
  limit: family({ name: 'gantry_jobs_running_limit', type: 'gauge', help: 'Jobs that may run at the same time (max_running_jobs).' }),
  opEnded: family({
    name: 'gantry_operations_ended',
    type: 'counter',
    help: 'Opcodes that were carried out, by how they ended.',
    labels: ['opcode', 'status'],
  }),
  opTook: family({
    name: 'gantry_operation_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'How long opcodes took, from their locks to their end; of one that was continued, the part under this master.',
    labels: ['opcode'],
  }),
  stepTook: family({
    name: 'gantry_step_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'How long a part of an opcode took: its plan, a step that changes the world, one that changes the configuration, an undo.',
    labels: ['opcode', 'kind'],
  }),
  locks: family({ name: 'gantry_locks_held', type: 'gauge', help: 'Objects that jobs have locked.' }),
  requests: family({ name: 'gantry_lock_requests_waiting', type: 'gauge', help: 'Requests for locks that wait.' }),
  lockWait: family({
    name: 'gantry_lock_wait_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'How long jobs waited for their locks; those that got them at once are not counted.',
  }),
} as const;

export const jobFamilies: readonly MetricFamily[] = Object.values(f);

interface OpcodeCounts {
  readonly ends: Map<OpStatus, number>;
  readonly took: Histogram;
  readonly steps: Map<StepKind, Histogram>;
}

/** Counts what becomes of jobs, over all terms of a master. */
export class JobMetrics implements MetricSource {
  readonly families = jobFamilies;
  /** Jobs that were stored. */
  submitted = 0;
  readonly lockWait = createHistogram(longSeconds);
  readonly #ended = new Map<JobStatus, number>();
  /** There are no more than opcodes in the catalogue. */
  readonly #opcodes = new Map<string, OpcodeCounts>();
  #figures: (() => JobFigures) | undefined;

  /** Tells the state of this queue from now on, until another one is followed. */
  follow(figures: (() => JobFigures) | undefined): void {
    this.#figures = figures;
  }

  jobEnded(status: JobStatus): void {
    this.#ended.set(status, (this.#ended.get(status) ?? 0) + 1);
  }

  opEnded(opcode: string, status: OpStatus, seconds: number): void {
    const { ends, took } = this.#opcode(opcode);
    ends.set(status, (ends.get(status) ?? 0) + 1);
    took.observe(seconds);
  }

  stepEnded(opcode: string, kind: StepKind, seconds: number): void {
    const { steps } = this.#opcode(opcode);
    let took = steps.get(kind);
    if (!took) steps.set(kind, (took = createHistogram(longSeconds)));
    took.observe(seconds);
  }

  measure(emit: Emit): void {
    emit(f.submitted.name, this.submitted);
    for (const status of ['success', 'error', 'canceled'] as const) emit(f.ended.name, this.#ended.get(status) ?? 0, status);
    for (const [opcode, { ends, took, steps }] of this.#opcodes) {
      for (const [status, count] of ends) emit(f.opEnded.name, count, opcode, status);
      emit(f.opTook.name, took, opcode);
      for (const [kind, each] of steps) emit(f.stepTook.name, each, opcode, kind);
    }
    emit(f.lockWait.name, this.lockWait);
    const now = this.#figures?.();
    if (!now) return;
    for (const status of opStatuses) emit(f.jobs.name, now.statuses.get(status) ?? 0, status);
    for (const reason of waitsFor) emit(f.waiting.name, now.waiting.get(reason) ?? 0, reason);
    emit(f.oldest.name, now.oldestWaitingSeconds);
    emit(f.running.name, now.places);
    emit(f.limit.name, now.placesLimit);
    emit(f.locks.name, now.locksHeld);
    emit(f.requests.name, now.lockRequests);
  }

  #opcode(opcode: string): OpcodeCounts {
    let counts = this.#opcodes.get(opcode);
    if (!counts) this.#opcodes.set(opcode, (counts = { ends: new Map(), took: createHistogram(longSeconds), steps: new Map() }));
    return counts;
  }
}

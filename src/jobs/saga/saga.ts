import { principalOfJob } from '../../access/index.ts';
import { GantryError, type Json } from '../../base/index.ts';
import type { JobOp } from '../../model/index.ts';
import { compose, type Execution, failed, type JobChange, running, succeeded, withExecution } from '../record/job-changes.ts';
import type { JobRecord } from '../record/job-record.ts';
import { jobTime } from '../record/job-time.ts';
import { toJson } from '../record/to-json.ts';
import { canceledError, cancelSignal, hurrySignal, isCanceling, Planning } from './cancel-signal.ts';
import { commitChange } from './commit-change.ts';
import { endBegunStep } from './end-begun-step.ts';
import { logLine } from './log-line.ts';
import { observeStep, operationOf } from './observe-step.ts';
import type { CommitStep, Operation, Outcomes, PlanContext, Step, StepContext, WorldStep } from './operation.ts';
import type { SagaHost } from './saga-host.ts';
import { planNodes, stepId, stepNodes } from './step-nodes.ts';
import { planVersionOf, type ReadExecution, readExecution } from './stored-execution.ts';
import { untilStopped } from './until-stopped.ts';

/** An opcode that is being carried out. */
export interface Saga {
  readonly host: SagaHost;
  readonly record: JobRecord;
  readonly index: number;
  readonly operation: Operation;
  readonly steps: readonly Step[];
  /** As it is in the store, or will be with the next write. */
  execution: Execution;
  /** See `ReadExecution`. */
  readonly begunAs?: ReadExecution['begunAs'];
}

export function isCommit(step: Step): step is CommitStep {
  return 'commit' in step;
}

/** Whether what was done before this step cannot be undone any more. */
export function isBehindPivot(steps: readonly Step[], i: number): boolean {
  return steps.some((step, k) => k < i && step.pivot);
}

export const now = (host: SagaHost) => jobTime(host.clock.now());

/** Plans an opcode; undefined when it ended with that. The plan is stored with or before the first step. */
export async function beginSaga(host: SagaHost, record: JobRecord, index: number): Promise<Saga | undefined> {
  const { input, execution } = record.job.ops[index] as JobOp;
  const operation = host.operations.get(String(input['OP_ID']));
  if (!operation) throw new GantryError('JOB_UNSUPPORTED', { opcode: String(input['OP_ID']) });
  if (execution) return { host, record, index, operation, ...readExecution(record.id, operation, execution) };
  // It was decided on when it was submitted. While it waited, its names may have come to stand for other objects, with other tags.
  const { trace } = record.job;
  const principal = principalOfJob(record.job);
  host.access.sightOf(principal)?.requireNamed({ definition: operation.opcode, params: input });
  await host.access.requireOpcodes(principal, [{ definition: operation.opcode, params: input }], trace);
  host.signal.throwIfAborted();
  if (isCanceling(record, index)) throw canceledError(record);
  const planning = (record.planning = new Planning());
  const context = new PlanContextOf(host, record, index, planning);
  const plan = toJson(
    await observeStep({ host, record, index }, 'plan', undefined, () => planning.until(operation.plan(context, input as never))),
  );
  record.planning = undefined;
  if (context.dryRun) {
    rehearse(host, plan, operation.steps(plan));
    await host.writer.change(record, succeeded(index, plan, now(host)));
    return undefined;
  }
  const steps = operation.steps(plan);
  if (steps.length === 0) {
    await host.writer.change(record, succeeded(index, toJson(operation.result(plan, {})), now(host)));
    return undefined;
  }
  if (new Set(steps.map(({ id }) => id)).size < steps.length) throw new Error(`${operation.opcode.id} has two steps of one id`);
  const saga: Saga = { host, record, index, operation, steps, execution: { plan, version: planVersionOf(operation), outcomes: [] } };
  // A first step that is a commit is written together with the plan: before it, nothing has happened yet.
  if (!isCommit(steps[0] as Step)) await host.writer.change(record, begun(saga));
  return saga;
}

/** Fails if the first changes of the configuration would fail. Later changes depend on what nodes have done by then. */
function rehearse({ config, clock }: SagaHost, plan: Json, steps: readonly Step[]): void {
  const world = steps.findIndex((step) => !isCommit(step));
  const commits = steps.slice(0, world === -1 ? steps.length : world).filter(isCommit);
  const outcomes: Record<string, Json> = {};
  config.rehearse((draft) => {
    for (const step of commits) outcomes[step.id] = toJson(step.commit(draft, { plan, outcomes, clock }));
  });
}

/** Where and why a saga goes back. */
export interface Problem {
  readonly failedAt: number;
  readonly error: unknown;
  /** Whether a part of that step may have been done. */
  readonly begun: boolean;
}

/** Runs the steps that have no outcome yet. @returns why it goes back; undefined when all is done */
export async function goForward(saga: Saga): Promise<Problem | undefined> {
  const { host, record, steps, index } = saga;
  // The previous master may have begun the first one that has no outcome.
  let begun = record.resumed;
  for (const [i, step] of steps.entries()) {
    if (saga.execution.outcomes.some((outcome) => outcome.step === step.id)) continue;
    host.signal.throwIfAborted();
    if (isCanceling(record, index) && !isBehindPivot(steps, i)) {
      if (begun && !isCommit(step) && step.cancellable !== false)
        await endBegunStep(host, record, stepIdOf(saga, i), [
          saga.execution.plan,
          saga.execution.outcomes.map(({ result }) => result),
        ] as Json);
      return { failedAt: i, error: canceledError(record), begun };
    }
    begun = false;
    showProgress(saga, i, null, '');
    try {
      if (isCommit(step)) await runCommit(saga, step);
      else await runWorld(saga, i, step);
    } catch (error) {
      host.signal.throwIfAborted();
      return { failedAt: i, error, begun: true };
    }
    if (step.pivot && isCanceling(record, index))
      logLine(host, record, index, `Step "${step.title}" was done before it could be cancelled; the job continues.`);
    for (const level of step.releases ?? []) host.releaseLevel(record, level);
  }
  return undefined;
}

async function runWorld(saga: Saga, i: number, step: WorldStep): Promise<void> {
  const { host, record } = saga;
  if (step.longRunning) host.longStep(record, true);
  let result: Json;
  try {
    result = toJson(await observeStep(saga, 'world', step.id, () => untilStopped(step.do(stepContext(saga, i)), host.signal)));
  } finally {
    record.stepCancel = undefined;
    if (step.longRunning) host.longStep(record, false);
  }
  const { execution, change } = withOutcome(saga, step, result);
  await saga.host.writer.change(saga.record, change);
  saga.execution = execution;
}

async function runCommit(saga: Saga, step: CommitStep): Promise<void> {
  const context = { plan: saga.execution.plan, outcomes: outcomesOf(saga.execution), clock: saga.host.clock };
  let execution = saga.execution;
  const recordAs = (result: Json) => {
    const next = withOutcome(saga, step, result);
    execution = next.execution;
    return next.change;
  };
  await observeStep(saga, 'commit', step.id, () => commitChange(saga.host, saga.record, (draft) => step.commit(draft, context), recordAs));
  saga.execution = execution;
}

/** The outcome of a step; with the last one the opcode ends in the same write. */
function withOutcome(saga: Saga, step: Step, result: Json): { execution: Execution; change: JobChange } {
  const { host, index, operation, steps } = saga;
  const outcomes = [...saga.execution.outcomes, { step: step.id, ...titleOf(step), result, at: host.clock.now() / 1000 }];
  const execution = { ...saga.execution, outcomes };
  if (outcomes.length < steps.length) return { execution, change: begun({ ...saga, execution }) };
  const final = toJson(operation.result(execution.plan, outcomesOf(execution)));
  return { execution, change: compose(running(index, now(host)), succeeded(index, final, now(host), outcomes)) };
}

/** Kept only where readers could not make it of the id: it is in every job of the store. */
const titleOf = ({ id, title }: Step): { title?: string } => (title === id.replaceAll('-', ' ') ? {} : { title });

export function begun({ host, index, execution, steps }: Saga): JobChange {
  const { outcomes, undoing } = execution;
  const next = undoing ? undefined : steps.find(({ id }) => !outcomes.some(({ step }) => step === id))?.id;
  return compose(running(index, now(host)), withExecution(index, next === undefined ? execution : { ...execution, next }));
}

export function outcomesOf(execution: Execution): Outcomes {
  return Object.fromEntries(execution.outcomes.map(({ step, result }) => [step, result as Json]));
}

export function showProgress(saga: Saga, i: number, fraction: number | null, text: string): void {
  const { record, steps } = saga;
  record.progress = { step: (steps[i] as Step).title, index: i + 1, count: steps.length, fraction, text };
  for (const watcher of [...record.watchers]) watcher();
}

/** The id under which nodes know a step. */
function stepIdOf({ record, index, steps, begunAs }: Saga, i: number, undoing = false): string {
  const { id } = steps[i] as Step;
  return stepId(record.id, index, begunAs?.step === id && begunAs.undoing === undoing ? begunAs.id : id, undoing);
}

export function stepContext(saga: Saga, i: number, undoing = false): StepContext {
  const { host, record, index } = saga;
  const step = saga.steps[i] as WorldStep;
  const id = stepIdOf(saga, i, undoing);
  const isCancellable = !undoing && step.cancellable !== false && !isBehindPivot(saga.steps, i);
  const cancelled = () => cancelSignal(record, index, isCancellable);
  return {
    plan: saga.execution.plan,
    outcomes: outcomesOf(saga.execution),
    principal: principalOfJob(saga.record.job),
    config: host.config.current,
    operation: operationOf(saga).part({ step: step.id }),
    nodes: stepNodes(host.nodes, id, host.signal, record.job.trace, cancelled),
    clock: host.clock,
    jobId: record.id,
    signal: host.signal,
    submitJobs: (jobs) => host.submitChildren(record, index, step.id, jobs),
    get cancelled() {
      return cancelled();
    },
    get hurried() {
      return hurrySignal(record);
    },
    log: (text) => logLine(host, record, index, text),
    progress: (fraction, text = '') => showProgress(saga, i, Math.min(1, Math.max(0, fraction)), text),
  };
}

/** What few plans look at is made when one does: every opcode of every job gets one of these. */
class PlanContextOf implements PlanContext {
  readonly config: PlanContext['config'];
  readonly jobId: number;
  readonly #host: SagaHost;
  readonly #record: JobRecord;
  readonly #index: number;
  readonly #planning: Planning;

  constructor(host: SagaHost, record: JobRecord, index: number, planning: Planning) {
    this.config = host.config.current;
    this.jobId = record.id;
    this.#host = host;
    this.#record = record;
    this.#index = index;
    this.#planning = planning;
  }

  get operation(): PlanContext['operation'] {
    return operationOf({ host: this.#host, record: this.#record, index: this.#index });
  }

  get nodes(): PlanContext['nodes'] {
    return planNodes(this.#host.nodes, this.#planning.signal, this.#record.job.trace);
  }

  get clock(): PlanContext['clock'] {
    return this.#host.clock;
  }

  get random(): PlanContext['random'] {
    return this.#host.random;
  }

  get newUuid(): PlanContext['newUuid'] {
    return this.#host.newUuid;
  }

  get user(): string {
    return this.#record.job.user;
  }

  get principal(): PlanContext['principal'] {
    return principalOfJob(this.#record.job);
  }

  get sight(): PlanContext['sight'] {
    return this.#host.access.sightOf(this.principal);
  }

  get dryRun(): boolean {
    return this.#record.job.ops[this.#index]?.input['dry_run'] === true;
  }

  get signal(): AbortSignal {
    return this.#planning.signal;
  }

  get log(): PlanContext['log'] {
    return (text) => logLine(this.#host, this.#record, this.#index, text);
  }
}

export const failure = (saga: Pick<Saga, 'host' | 'index'>, error: GantryError): JobChange =>
  failed(saga.index, error.toReport(), new GantryError('JOB_PRECEDING_FAILED').toReport(), now(saga.host));

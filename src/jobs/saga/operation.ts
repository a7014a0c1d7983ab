import type { Principal, Sight } from '../../access/index.ts';
import type { Clock, Json, OperationContext, Random } from '../../base/index.ts';
import type { LockLevel, OpcodeDefinition, OpcodeParams, OpcodeResult, Touch } from '../../model/index.ts';
import type { NodeCaller } from '../../rpc/index.ts';
import type { ConfigDraft, ConfigSnapshot } from '../../store/index.ts';
import type { OpInput } from '../job-queue.ts';

/**
 * What an opcode does, as a recorded saga.
 *
 * 1. `plan` only reads and checks. It returns everything the steps need (chosen node, new UUIDs, MACs, …); it must survive JSON.
 *     A dry run ends here. Its outcome is stored before the first step.
 * 2. `steps` derives the list of steps from the plan alone, so that the next master derives the same list.
 * 3. Each step's outcome is stored before the next begins. When a master dies, the next one goes on at the first step without an
 *     outcome: a step may run twice, and the result must be the same.
 * 4. When a step fails, it and the steps before it are undone, last first, back to the nearest `pivot` step. An `undo` must work
 *     after a step that did nothing, a part or all of its work, and may run twice.
 */
export interface Operation<P = Record<string, unknown>, Plan = unknown, R = unknown> {
  readonly opcode: OpcodeDefinition;
  /** Number of the form of its plan, default 1. It grows whenever `steps` could misread a plan that was stored before. */
  readonly planVersion?: number;
  /** Makes a plan of an earlier version one of the present version. Without it jobs with such a plan end with an error. */
  readonly upgradePlan?: (plan: Json, version: number) => Plan;
  /** Locks to take before planning; default: what the opcode touches. */
  readonly locks?: (params: P, config: ConfigSnapshot) => readonly Touch[];
  /**
   * What its arrival overtakes: jobs that hold the lock of one of these objects, for which this one waits, are told to hurry
   * (`hurried` of their steps). Default: none.
   */
  readonly overtakes?: (params: P) => readonly Pick<Touch, 'kind' | 'name'>[];
  /**
   * The part of `plan` that only looks at the configuration. Where it throws, the job overtakes nobody: its plan would be refused,
   * and others would have hurried for nothing. It is quick.
   */
  readonly precheck?: (config: ConfigSnapshot, params: P) => void;
  plan(context: PlanContext, params: P): Promise<Plan>;
  steps(plan: Plan): readonly Step<Plan>[];
  result(plan: Plan, outcomes: Outcomes): R;
}

/** Outcomes of the finished steps by their ids; null where a step returned nothing. */
export type Outcomes = Readonly<Record<string, Json>>;

export interface PlanContext {
  readonly config: ConfigSnapshot;
  readonly nodes: NodeCaller;
  readonly clock: Clock;
  readonly random: Random;
  readonly newUuid: () => string;
  readonly jobId: number;
  /** Its log is that of the master, with trace, job and step; `log` below is that of the job. */
  readonly operation: OperationContext;
  readonly user: string;
  /** Who submitted the job. */
  readonly principal: Principal;
  /** What that one may see; undefined: everything. A plan tells of nothing else that it comes upon. */
  readonly sight: Sight | undefined;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** A line in the job's log. */
  readonly log: (text: string) => void;
}

export interface StepContext<Plan = unknown> {
  readonly plan: Plan;
  readonly outcomes: Outcomes;
  /** Who submitted the job; jobs that it submits have the same. */
  readonly principal: Principal;
  readonly config: ConfigSnapshot;
  /** Calls carry the step's id and the master's term by themselves. */
  readonly nodes: NodeCaller;
  readonly clock: Clock;
  readonly jobId: number;
  /** Its log is that of the master, with trace, job and step; `log` below is that of the job. */
  readonly operation: OperationContext;
  /** Aborted when this master stops: the next one continues, so nothing is cleaned up. */
  readonly signal: AbortSignal;
  /**
   * Aborted when the job is cancelled: the step ends as soon as it can, by throwing; then it is undone. Calls that change something
   * on a node are told by themselves. Never aborted behind a pivot and while undoing.
   */
  readonly cancelled: AbortSignal;
  /** Aborted when a job waits for this one that may overtake it: what is done with patience is to be done at once. `reason`: which job. */
  readonly hurried: AbortSignal;
  /**
   * Submits jobs in the name of this job's principal, always the same ones for a step; each is submitted exactly once, however
   * often the step runs. A negative dependency counts back within them.
   * @returns their numbers, in order
   */
  readonly submitJobs: (jobs: readonly (readonly OpInput[])[]) => Promise<readonly number[]>;
  readonly log: (text: string) => void;
  /** Progress of this step, 0..1; shown live, not kept. */
  readonly progress: (fraction: number, text?: string) => void;
}

interface StepIdentity {
  /** Unique in its operation, and stored: `create-disk-0`. It never changes, so that jobs that have begun can go on. */
  readonly id: string;
  /** What people read: `create disk 0`. It may change at any time. */
  readonly title: string;
  /** Ids that it had, and its name in jobs of the time when steps had no ids. */
  readonly formerly?: readonly string[];
  /** Levels of locks that the opcode needs no more once this step is done; undoing must not need them either. */
  readonly releases?: readonly LockLevel[];
}

/** A step that changes the world outside the store. */
export interface WorldStep<Plan = unknown> extends StepIdentity {
  do(context: StepContext<Plan>): Promise<Json | void>;
  undo?(context: StepContext<Plan>): Promise<void>;
  /** After this step the operation only goes forward. */
  readonly pivot?: boolean;
  /** False: it always ends by itself; a job that is cancelled meanwhile goes back only then. */
  readonly cancellable?: boolean;
  /** It may take hours and costs this master nothing, as a transfer between nodes: while it runs, the job occupies no place among the running ones. */
  readonly longRunning?: boolean;
}

/** A step that changes the configuration: written in one transaction with its own outcome, so it happens exactly once. */
export interface CommitStep<Plan = unknown> extends StepIdentity {
  commit(draft: ConfigDraft, context: Pick<StepContext<Plan>, 'plan' | 'outcomes' | 'clock'>): Json | void;
  uncommit?(draft: ConfigDraft, context: Pick<StepContext<Plan>, 'plan' | 'outcomes' | 'clock'>): void;
  readonly pivot?: boolean;
}

export type Step<Plan = unknown> = WorldStep<Plan> | CommitStep<Plan>;

/** The operation of one opcode, and of no other. */
export type OperationOf<D> = Operation & { readonly opcode: D };

/** Declares an operation with the types of its opcode's parameters and result. */
export function defineOperation<D extends OpcodeDefinition<never, never> | OpcodeDefinition, Plan>(
  opcode: D,
  operation: {
    locks?: (params: OpcodeParams<D>, config: ConfigSnapshot) => readonly Touch[];
    overtakes?: (params: OpcodeParams<D>) => readonly Pick<Touch, 'kind' | 'name'>[];
    precheck?: (config: ConfigSnapshot, params: OpcodeParams<D>) => void;
    planVersion?: number;
    upgradePlan?: (plan: Json, version: number) => Plan;
    plan(context: PlanContext, params: OpcodeParams<D>): Promise<Plan>;
    steps(plan: Plan): readonly Step<Plan>[];
    result(plan: Plan, outcomes: Outcomes): OpcodeResult<D>;
  },
): OperationOf<D> {
  return { opcode, ...operation } as unknown as OperationOf<D>;
}

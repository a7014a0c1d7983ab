import { type Static, Type } from 'typebox';
import { JobPrincipal } from './principal.ts';

/** Ganeti's opcode states (source: Ganeti design "job queue"). */
export const opStatuses = ['queued', 'waiting', 'canceling', 'running', 'canceled', 'success', 'error'] as const;
export type OpStatus = (typeof opStatuses)[number];
/** A job's state is derived from its opcodes'. */
export type JobStatus = OpStatus;

/** Seconds and microseconds since 1970, Ganeti's time form in jobs. */
export const JobTime = Type.Tuple([Type.Integer(), Type.Integer()]);

/** Serial, time, type, message. Serials grow over the whole job. */
export const LogEntry = Type.Tuple([Type.Integer(), JobTime, Type.String(), Type.Unknown()]);
export type LogEntry = Static<typeof LogEntry>;

/** What people read of a finished step, where it is more than its id with blanks. Missing in jobs of earlier versions. */
const StepTitle = Type.Optional(Type.String());

/** How far the saga of an opcode has come; what the next master needs to go on. */
export const Execution = Type.Object({
  plan: Type.Unknown(),
  /** Of the plan's form. Missing in jobs of the time when steps had no ids: `step` and `undone` are their names then. */
  version: Type.Optional(Type.Integer({ minimum: 1 })),
  outcomes: Type.Array(Type.Object({ step: Type.String(), title: StepTitle, result: Type.Unknown(), at: Type.Number() })),
  /** Id of the step that comes next, under which nodes know it. Missing in jobs of earlier versions. */
  next: Type.Optional(Type.String()),
  /** Set when a step failed: what happened, and which steps are undone already. */
  undoing: Type.Optional(Type.Object({ step: Type.String(), error: Type.Unknown(), undone: Type.Array(Type.String()) })),
});

export const JobOp = Type.Object({
  /** The opcode with its parameters, `OP_ID` among them. */
  input: Type.Record(Type.String(), Type.Unknown()),
  status: Type.Enum(opStatuses),
  result: Type.Unknown(),
  log: Type.Array(LogEntry),
  start_ts: Type.Union([JobTime, Type.Null()]),
  exec_ts: Type.Union([JobTime, Type.Null()]),
  end_ts: Type.Union([JobTime, Type.Null()]),
  execution: Type.Optional(Execution),
  /** Numbers of the jobs that its steps have submitted, by the id of the step. */
  children: Type.Optional(Type.Array(Type.Object({ step: Type.String(), jobs: Type.Array(Type.Integer()) }))),
  /** Steps of an opcode that has succeeded, and when each was done; its `execution` is gone then. */
  steps: Type.Optional(Type.Array(Type.Object({ step: Type.String(), title: StepTitle, at: Type.Number() }))),
});
export type JobOp = Static<typeof JobOp>;

export const Job = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  user: Type.String(),
  /** Who submitted it, with what decides about its child jobs; jobs of earlier versions have only the name. */
  principal: Type.Optional(JobPrincipal),
  /** Of the request that led to it, 32 hexadecimal digits; jobs of earlier versions have none. */
  trace: Type.Optional(Type.String()),
  /** The job of which a step has submitted it. */
  parent: Type.Optional(Type.Integer({ minimum: 1 })),
  ops: Type.Array(JobOp, { minItems: 1 }),
  received_ts: JobTime,
  start_ts: Type.Union([JobTime, Type.Null()]),
  end_ts: Type.Union([JobTime, Type.Null()]),
  priority: Type.Integer(),
});
export type Job = Static<typeof Job>;

/** Ganeti's rule: the first state that is neither success nor queued decides; all success is success. */
export function jobStatus({ ops }: Pick<Job, 'ops'>): JobStatus {
  const deciding = ops.find(({ status }) => status !== 'success' && status !== 'queued');
  return deciding?.status ?? (ops.every(({ status }) => status === 'success') ? 'success' : 'queued');
}

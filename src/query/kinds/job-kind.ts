import { type Static, Type } from 'typebox';
import { Job, JobOp, jobStatus, opcodeCatalogue, opcodeSummary, redactSealed, withGanetiDefaults } from '../../model/index.ts';
import { type Field, fieldsOf } from '../fields/field.ts';
import { always, listOf, names, nullable, other, Parameters, textOrNull } from '../fields/value-types.ts';
import { ganetiOpresult } from '../ganeti/ganeti-opresult.ts';
import { defineKind } from './kind.ts';
import { opError } from './op-error.ts';
import { StepTime, stepTimes } from './step-times.ts';

const { stored, live } = fieldsOf<Job>();

const Opcode = Type.Object({ OP_ID: Type.String() }, { additionalProperties: true });
type Opcode = Static<typeof Opcode>;

const ErrorResult = Type.Object({
  code: Type.String(),
  what: Type.String(),
  why: Type.String(),
  todo: Type.String(),
  facts: Parameters,
});

const summaryOf = (input: Record<string, unknown>): string => {
  const definition = opcodeCatalogue.get(String(input['OP_ID']));
  return definition ? opcodeSummary(definition, input) : String(input['OP_ID']).replace(/^OP_/, '');
};

/** The last ones are Gantry's own. */
const fields: readonly Field<Job>[] = [
  stored('id', 'ID', always('number'), 'Job number', (j) => j.id),
  stored('status', 'Status', always('text', JobOp.properties.status), 'State of the job', (j) => jobStatus(j)),
  stored('priority', 'Priority', always('number'), 'Priority, 19 (last) to -20 (first)', (j) => j.priority),
  stored('archived', 'Archived', always('bool'), 'Whether it is in the archive', () => false),
  stored('ops', 'OpCodes', listOf(Opcode), 'Opcodes with their parameters', (j) =>
    j.ops.map((op) => withGanetiDefaults(redactSealed(op.input)) as Opcode),
  ),
  stored('opresult', 'OpCode_result', listOf(Type.Unknown()), 'Results of the opcodes', (j) =>
    j.ops.map((op) => ganetiOpresult(op) ?? null),
  ),
  stored('opstatus', 'OpCode_status', listOf(JobOp.properties.status), 'States of the opcodes', (j) => j.ops.map((op) => op.status)),
  stored('oplog', 'OpCode_log', listOf(JobOp.properties.log), 'Log of each opcode', (j) => j.ops.map((op) => op.log)),
  stored('opstart', 'OpCode_start', listOf(JobOp.properties.start_ts), 'When each opcode began to wait for its locks', (j) =>
    j.ops.map((op) => op.start_ts),
  ),
  stored('opexec', 'OpCode_exec', listOf(JobOp.properties.exec_ts), 'When each opcode had its locks', (j) => j.ops.map((op) => op.exec_ts)),
  stored('opend', 'OpCode_end', listOf(JobOp.properties.end_ts), 'When each opcode ended', (j) => j.ops.map((op) => op.end_ts)),
  stored('oppriority', 'OpCode_prio', listOf(Type.Integer()), 'Priority of each opcode', (j) => j.ops.map(() => j.priority)),
  stored('summary', 'Summary', names, 'Short form of each opcode', (j) => j.ops.map((op) => summaryOf(op.input))),
  stored('received_ts', 'Received', other(Job.properties.received_ts), 'When it was submitted, [s, µs]', (j) => j.received_ts, 'seconds'),
  stored('start_ts', 'Start', other(Job.properties.start_ts), 'When it began, [s, µs]', (j) => j.start_ts, 'seconds'),
  stored('end_ts', 'End', other(Job.properties.end_ts), 'When it ended, [s, µs]', (j) => j.end_ts, 'seconds'),
  live(
    'waiting_for',
    'Waits_for',
    names,
    'Locks with their holders, and jobs, that it waits for',
    (j, { jobs }) => jobs.present(j.id)?.waitingFor ?? [],
  ),
  stored('parent', 'Parent', 'number', 'Job of which a step has submitted it, else null', (j) => j.parent ?? null),
  stored('children', 'Children', listOf(Type.Integer()), 'Jobs that its steps have submitted', (j) =>
    j.ops.flatMap((op) => op.children?.flatMap(({ jobs }) => jobs) ?? []),
  ),
  stored('user', 'User', always('text'), 'Who submitted it', (j) => j.user),
  stored('trace', 'Trace', other(textOrNull), 'Trace of the request that led to it, 32 hexadecimal digits', (j) => j.trace ?? null),
  stored('opsteps', 'OpCode_steps', listOf(Type.Array(StepTime)), 'Finished steps of each opcode, with the seconds that each took', (j) =>
    j.ops.map(stepTimes),
  ),
  stored(
    'opoutcome',
    'OpCode_outcome',
    listOf(Type.Unknown()),
    'Result of each opcode that succeeded in full; of a dry run, its plan; else null',
    (j) => j.ops.map((op) => (op.status === 'success' ? redactSealed(op.result) : null)),
  ),
  stored('operror', 'OpCode_error', listOf(nullable(ErrorResult)), 'Error report of each opcode that failed, else null', (j) =>
    j.ops.map((op) => opError(op) ?? null),
  ),
];

export const jobKind = defineKind<Job>({
  name: 'job',
  fields,
  row: 'id ops status summary opstatus received_ts start_ts end_ts',
  items: ({ jobs }) => [...jobs.list()].sort((left, right) => left.id - right.id),
});

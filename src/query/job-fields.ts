import { Type } from 'typebox';
import { Job, JobOp, jobStatus, opcodeCatalogue, opcodeSummary, redactSealed, withGanetiDefaults } from '../model/index.ts';
import { type Field, field } from './field.ts';
import { always, listOf, names, nullable, other, Parameters } from './field-kinds.ts';
import { ganetiOpresult } from './ganeti-opresult.ts';
import { opError } from './op-error.ts';

const summaryOf = (input: Record<string, unknown>): string => {
  const definition = opcodeCatalogue.get(String(input['OP_ID']));
  return definition ? opcodeSummary(definition, input) : String(input['OP_ID']).replace(/^OP_/, '');
};

/** Every field of a job; the last ones are Gantry's own. */
export const jobFields: readonly Field<Job>[] = [
  field('id', 'ID', always('number'), 'Job number', (j) => j.id),
  field('status', 'Status', always('text', JobOp.properties.status), 'State of the job', (j) => jobStatus(j)),
  field('priority', 'Priority', always('number'), 'Priority, 19 (last) to -20 (first)', (j) => j.priority),
  field('archived', 'Archived', always('bool'), 'Whether it is in the archive', () => false),
  field(
    'ops',
    'OpCodes',
    listOf(Type.Object({ OP_ID: Type.String() }, { additionalProperties: true })),
    'Opcodes with their parameters',
    (j) => j.ops.map((op) => withGanetiDefaults(redactSealed(op.input))),
  ),
  field('opresult', 'OpCode_result', listOf(Type.Unknown()), 'Results of the opcodes', (j) =>
    j.ops.map((op) => ganetiOpresult(op) ?? null),
  ),
  field('opstatus', 'OpCode_status', listOf(JobOp.properties.status), 'States of the opcodes', (j) => j.ops.map((op) => op.status)),
  field('oplog', 'OpCode_log', listOf(JobOp.properties.log), 'Log of each opcode', (j) => j.ops.map((op) => op.log)),
  field('opstart', 'OpCode_start', listOf(JobOp.properties.start_ts), 'When each opcode began to wait for its locks', (j) =>
    j.ops.map((op) => op.start_ts),
  ),
  field('opexec', 'OpCode_exec', listOf(JobOp.properties.exec_ts), 'When each opcode had its locks', (j) => j.ops.map((op) => op.exec_ts)),
  field('opend', 'OpCode_end', listOf(JobOp.properties.end_ts), 'When each opcode ended', (j) => j.ops.map((op) => op.end_ts)),
  field('oppriority', 'OpCode_prio', listOf(Type.Integer()), 'Priority of each opcode', (j) => j.ops.map(() => j.priority)),
  field('summary', 'Summary', names, 'Short form of each opcode', (j) => j.ops.map((op) => summaryOf(op.input))),
  field('received_ts', 'Received', other(Job.properties.received_ts), 'When it was submitted, [s, µs]', (j) => j.received_ts, 'seconds'),
  field('start_ts', 'Start', other(Job.properties.start_ts), 'When it began, [s, µs]', (j) => j.start_ts, 'seconds'),
  field('end_ts', 'End', other(Job.properties.end_ts), 'When it ended, [s, µs]', (j) => j.end_ts, 'seconds'),
  field(
    'waiting_for',
    'Waits_for',
    names,
    'Locks with their holders, and jobs, that it waits for',
    (j, { jobs }) => jobs.present(j.id)?.waitingFor ?? [],
  ),
  field('user', 'User', always('text'), 'Who submitted it', (j) => j.user),
  field(
    'opoutcome',
    'OpCode_outcome',
    listOf(Type.Unknown()),
    'Result of each opcode that succeeded in full; of a dry run, its plan; else null',
    (j) => j.ops.map((op) => (op.status === 'success' ? redactSealed(op.result) : null)),
  ),
  field('operror', 'OpCode_error', listOf(nullable(Parameters)), 'Error report of each opcode that failed, else null', (j) =>
    j.ops.map((op) => opError(op) ?? null),
  ),
];

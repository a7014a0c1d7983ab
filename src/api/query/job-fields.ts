import { ganetiOpresult } from '../../jobs/index.ts';
import { type Job, jobStatus, opcodeCatalogue, opcodeSummary, redactSealed, withGanetiDefaults } from '../../model/index.ts';
import { type Field, field } from './field.ts';
import { opError } from './op-error.ts';

const summaryOf = (input: Record<string, unknown>): string => {
  const definition = opcodeCatalogue.get(String(input['OP_ID']));
  return definition ? opcodeSummary(definition, input) : String(input['OP_ID']).replace(/^OP_/, '');
};

/** Every field of a job; the last ones are Gantry's own. */
export const jobFields: readonly Field<Job>[] = [
  field('id', 'ID', 'number', 'Job number', (j) => j.id),
  field('status', 'Status', 'text', 'State of the job', (j) => jobStatus(j)),
  field('priority', 'Priority', 'number', 'Priority, 19 (last) to -20 (first)', (j) => j.priority),
  field('archived', 'Archived', 'bool', 'Whether it is in the archive', () => false),
  field('ops', 'OpCodes', 'other', 'Opcodes with their parameters', (j) => j.ops.map((op) => withGanetiDefaults(redactSealed(op.input)))),
  field('opresult', 'OpCode_result', 'other', 'Results of the opcodes', (j) => j.ops.map((op) => ganetiOpresult(op) ?? null)),
  field('opstatus', 'OpCode_status', 'other', 'States of the opcodes', (j) => j.ops.map((op) => op.status)),
  field('oplog', 'OpCode_log', 'other', 'Log of each opcode', (j) => j.ops.map((op) => op.log)),
  field('opstart', 'OpCode_start', 'other', 'When each opcode began to wait for its locks', (j) => j.ops.map((op) => op.start_ts)),
  field('opexec', 'OpCode_exec', 'other', 'When each opcode had its locks', (j) => j.ops.map((op) => op.exec_ts)),
  field('opend', 'OpCode_end', 'other', 'When each opcode ended', (j) => j.ops.map((op) => op.end_ts)),
  field('oppriority', 'OpCode_prio', 'other', 'Priority of each opcode', (j) => j.ops.map(() => j.priority)),
  field('summary', 'Summary', 'other', 'Short form of each opcode', (j) => j.ops.map((op) => summaryOf(op.input))),
  field('received_ts', 'Received', 'other', 'When it was submitted, [s, µs]', (j) => j.received_ts, 'seconds'),
  field('start_ts', 'Start', 'other', 'When it began, [s, µs]', (j) => j.start_ts, 'seconds'),
  field('end_ts', 'End', 'other', 'When it ended, [s, µs]', (j) => j.end_ts, 'seconds'),
  field(
    'waiting_for',
    'Waits_for',
    'other',
    'Locks with their holders, and jobs, that it waits for',
    (j, view) => view.waitingFor?.(j.id) ?? [],
  ),
  field('user', 'User', 'text', 'Who submitted it', (j) => j.user),
  field('opoutcome', 'OpCode_outcome', 'other', 'Result of each opcode that succeeded in full; of a dry run, its plan; else null', (j) =>
    j.ops.map((op) => (op.status === 'success' ? redactSealed(op.result) : null)),
  ),
  field('operror', 'OpCode_error', 'other', 'Error report of each opcode that failed, else null', (j) =>
    j.ops.map((op) => opError(op) ?? null),
  ),
];

import type { Node } from '../model/index.ts';
import { type Field, field } from './field.ts';

/** Backups; there are none in this version, so each node has a row without data, as in Ganeti. */
export const exportFields: readonly Field<Node>[] = [
  field('export', 'Export', 'text', 'Name of the backup', () => undefined),
  field('node', 'Node', 'text', 'Node that has it', (node) => node.name),
];

/** Job filters; there are none in this version. */
export const filterFields: readonly Field<never>[] = [
  field('action', 'Action', 'other', 'What it does to jobs', () => undefined),
  field('predicates', 'Predicates', 'other', 'Which jobs it is for', () => undefined),
  field('priority', 'Priority', 'other', 'Order among the filters', () => undefined),
  field('reason_trail', 'ReasonTrail', 'other', 'Why it was added', () => undefined),
  field('uuid', 'UUID', 'other', 'UUID', () => undefined),
  field('watermark', 'Watermark', 'other', 'Highest job number when it was added', () => undefined),
];

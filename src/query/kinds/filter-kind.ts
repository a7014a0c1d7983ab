import { fieldsOf } from '../fields/field.ts';
import { defineKind } from './kind.ts';

const { stored } = fieldsOf<never>();

/** Job filters; there are none in this version. */
export const filterKind = defineKind<never>({
  name: 'filter',
  fields: [
    stored('action', 'Action', 'other', 'What it does to jobs', () => undefined),
    stored('predicates', 'Predicates', 'other', 'Which jobs it is for', () => undefined),
    stored('priority', 'Priority', 'other', 'Order among the filters', () => undefined),
    stored('reason_trail', 'ReasonTrail', 'other', 'Why it was added', () => undefined),
    stored('uuid', 'UUID', 'other', 'UUID', () => undefined),
    stored('watermark', 'Watermark', 'other', 'Highest job number when it was added', () => undefined),
  ],
});

import type { Node } from '../../model/index.ts';
import { fieldsOf } from '../fields/field.ts';
import { niceSortedByName } from '../fields/nice-sort.ts';
import { defineKind } from './kind.ts';

const { stored } = fieldsOf<Node>();

/** Backups; there are none in this version, so each node has a row without data, as in Ganeti. */
export const exportKind = defineKind<Node>({
  name: 'export',
  fields: [
    stored('export', 'Export', 'text', 'Name of the backup', () => undefined),
    stored('node', 'Node', 'text', 'Node that has it', (node) => node.name),
  ],
  items: ({ config }) => niceSortedByName(config.nodes),
});

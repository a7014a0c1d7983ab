import type { ClusterState } from '../../placement/index.ts';
import { type NodeView, nodeField, usualNodeFields } from './node-fields.ts';
import type { NodeMembers } from './node-members.ts';
import { printTable } from './print-table.ts';

/**
 * The nodes of the scope of a state, one row each.
 * @param wanted names of fields; none: the usual ones; `+` first: the usual ones and more
 */
export function printNodes(state: ClusterState, members: NodeMembers, wanted: readonly string[]): string {
  const names = wanted.length === 0 ? usualNodeFields : wanted[0] === '+' ? [...usualNodeFields, ...wanted.slice(1)] : wanted;
  const fields = names.map(nodeField);
  const view: NodeView = { state, members };
  const rows = Array.from(state.scope, (n) => fields.map(({ show }) => show(view, n)));
  return printTable(
    '',
    [fields.map(({ title }) => title), ...rows],
    fields.map(({ numeric }) => numeric),
  );
}

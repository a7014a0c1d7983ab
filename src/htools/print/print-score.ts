import { type ClusterState, scoreComponents, scoreValues } from '../../placement/index.ts';
import { formatFixed } from './format-number.ts';
import { printTable } from './print-table.ts';

/** The components of the score with their weights, one row each. */
export function printScore(state: ClusterState): string {
  const rows = scoreValues(state).map((value, k) => {
    const { name, weight } = scoreComponents[k] as (typeof scoreComponents)[number];
    return [name, formatFixed(value, 8), `x${formatFixed(weight, 2)}`];
  });
  return printTable('  ', [['Field', 'Value', 'Weight'], ...rows], [false, true, true]);
}

import type { RuleBook } from '../location/rule-book.ts';
import { admitMigration } from '../state/admit.ts';
import type { ClusterState } from '../state/cluster-state.ts';

/** Whether an instance can get to run on a node from where it was at the start: at once, or by way of its secondary. */
export function reaches(
  state: ClusterState,
  rules: RuleBook | undefined,
  i: number,
  primary: number,
  secondary: number,
  to: number,
): boolean {
  const may = (from: number, next: number) =>
    from === next || (admitMigration(state, from, next) && (rules?.mayMigrate(i, from, next) ?? true));
  return may(primary, to) || (secondary >= 0 && may(primary, secondary) && may(secondary, to));
}

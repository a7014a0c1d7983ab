import { breaksHardRule, type RuleBook } from '../location/rule-book.ts';
import { type MoveKind, nodeAt, type Route, routes } from './move.ts';

/**
 * Whether rules of location allow a move with all its steps: every migration is allowed, and no hard rule is broken, or broken
 * more than before the move, at its end or between its steps.
 * @param change if so, what the end of the way changes, as `RuleBook.weigh` writes it
 */
export function allowsWay(rules: RuleBook, i: number, kind: MoveKind, p: number, s: number, t: number, change: Float64Array): boolean {
  const { places, migrations } = routes[kind] as Route;
  for (const [from, to] of migrations) {
    if (!rules.mayMigrate(i, nodeAt(from, p, s, t), nodeAt(to, p, s, t))) return false;
  }
  for (const [primary, secondary] of places) {
    rules.weigh(i, nodeAt(primary, p, s, t), nodeAt(secondary, p, s, t), change);
    if (breaksHardRule(change)) return false;
  }
  return true;
}

import { type ClusterState, type RuleBook, scoreComponents, scoreValues } from '../../placement/index.ts';

const most = 4;

/** Tells after each move what it has made better: rules of location first, then components of the score. */
export function moveExplainer(state: ClusterState, rules: RuleBook | undefined): () => string {
  let values = scoreValues(state);
  let broken = brokenRules(rules);
  return () => {
    const after = scoreValues(state);
    const still = brokenRules(rules);
    const mended = [...broken].filter(([rule, excess]) => (still.get(rule) ?? 0) < excess).map(([rule]) => rule);
    const gains = scoreComponents
      .map(({ name, weight }, k) => ({ name, by: weight * ((values[k] as number) - (after[k] as number)) }))
      .filter(({ by }) => by > 5e-9)
      .sort((a, b) => b.by - a.by)
      .slice(0, most)
      .map(({ name, by }) => `${name} ${by.toPrecision(3)}`);
    values = after;
    broken = still;
    return `       improves: ${[...mended, ...gains].join(', ')}\n`;
  };
}

/** Excess by rule. */
function brokenRules(rules: RuleBook | undefined): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { rule, excess } of rules?.breaches() ?? []) sums.set(rule, (sums.get(rule) ?? 0) + excess);
  return sums;
}

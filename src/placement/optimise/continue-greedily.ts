import { balance } from '../balance/balance.ts';
import type { RuleBook } from '../location/rule-book.ts';
import type { PlanMaker } from '../plan/plan-maker.ts';
import { attach, detach } from '../state/attach.ts';
import { createState } from '../state/create-state.ts';
import { balanceOptions, type OptimiseOptions } from './optimise-options.ts';

/** Single moves from where the plan has come to, within the limits of the plan and what is left of the time. */
export function continueGreedily(maker: PlanMaker, options: OptimiseOptions, isOver: () => boolean): void {
  if (isOver()) return;
  const ahead = createState(maker.state.data, options.state);
  const { instances } = maker.state;
  for (let i = 0; i < maker.state.instanceCount; i++) {
    if (instances.primary[i] === ahead.instances.primary[i] && instances.secondary[i] === ahead.instances.secondary[i]) continue;
    detach(ahead, i);
    attach(ahead, i, instances.primary[i] as number, instances.secondary[i] as number);
  }
  // The rules go along with the plan alone: looked ahead is one move at a time.
  for (const move of balance(ahead, { ...balanceOptions(options), rules: options.rules && onlyRead(options.rules) })) {
    if (isOver() || !maker.make(move)) return;
  }
}

/** Rules that somebody else keeps current. */
function onlyRead(rules: RuleBook): RuleBook {
  return {
    get hard() {
      return rules.hard;
    },
    get soft() {
      return rules.soft;
    },
    weigh: (instance, primary, secondary, out) => rules.weigh(instance, primary, secondary, out),
    place: () => undefined,
    admits: (instance, node) => rules.admits(instance, node),
    mayMigrate: (instance, from, to) => rules.mayMigrate(instance, from, to),
    explain: (instance, primary, secondary) => rules.explain(instance, primary, secondary),
    relief: (instance, primary, secondary) => rules.relief(instance, primary, secondary),
    breaches: () => rules.breaches(),
    offenders: (which) => rules.offenders(which),
  };
}

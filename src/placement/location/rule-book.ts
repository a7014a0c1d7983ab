/**
 * The rules of location, ready for the search: counters that know what a placement changes without looking at the whole
 * cluster. Instances and nodes are positions; `noNode` where there is none. A hard rule that is broken counts its excess
 * (how many members are where they must not be), a weighted one adds weight × excess to the soft cost. A link that carries
 * more than it can has an excess of 1 for each percent of its bandwidth begun.
 */
export interface RuleBook {
  /** Excess over all hard rules as things stand; 0: none is broken. */
  readonly hard: number;
  /** Cost of all weighted rules as things stand. */
  readonly soft: number;
  /**
   * Writes what changes if the instance were placed so: `out[0]` hard excess, `out[1]` soft cost, and `out[2]` the hard excess of
   * those rules alone that would be broken or broken more; improvements of other rules are not subtracted. Changes nothing.
   */
  weigh(instance: number, primary: number, secondary: number, out: Float64Array): void;
  /**
   * Whether an instance that is placed nowhere may run on the node without any hard rule being broken (more), as far as its
   * secondary, if it has one, does not matter.
   */
  admits(instance: number, node: number): boolean;
  /** Places the instance so; (`noNode`, `noNode`) takes it away. */
  place(instance: number, primary: number, secondary: number): void;
  /** Whether an instance that runs on a node may migrate to another one. Rules about the new place are not checked. */
  mayMigrate(instance: number, from: number, to: number): boolean;
  /** The rules that such a placement would break, or break more than now. `excess` is by how much more. */
  explain(instance: number, primary: number, secondary: number): readonly RuleBreach[];
  /** The rules that such a placement would mend, or break less than now. `excess` is by how much less. */
  relief(instance: number, primary: number, secondary: number): readonly RuleBreach[];
  /** Everything that is broken as things stand. */
  breaches(): readonly RuleBreach[];
  /** Positions of the instances that break rules, ascending: where mending begins. `any`: those that break wishes, too. */
  offenders(which: 'hard' | 'any'): readonly number[];
}

/** Room for what `RuleBook.weigh` writes. */
export const createRuleChange = (): Float64Array => new Float64Array(3);

/** Whether a hard rule would be broken, or broken more, by what was weighed. */
export const breaksHardRule = (change: Float64Array): boolean => (change[2] as number) > 0;

export interface RuleBreach {
  /** Name of the rule, e.g. `web: at most 1 per rack`. */
  readonly rule: string;
  readonly hard: boolean;
  readonly excess: number;
  /** The reason in words, e.g. `rack r2 has 2 (web1, web4)`. */
  readonly detail: string;
}

/**
 * The rules of location, ready for the search: counters that know what a placement changes without looking at the whole
 * cluster. Instances and nodes are positions; `noNode` where there is none. A hard rule that is broken counts its excess
 * (how many members are where they must not be), a weighted one adds weight × excess to the soft cost.
 */
export interface RuleBook {
  /** Excess over all hard rules as things stand; 0: none is broken. */
  readonly hard: number;
  /** Cost of all weighted rules as things stand. */
  readonly soft: number;
  /** Writes what changes if the instance were placed so: `out[0]` hard excess, `out[1]` soft cost. Changes nothing. */
  weigh(instance: number, primary: number, secondary: number, out: Float64Array): void;
  /** Places the instance so; (`noNode`, `noNode`) takes it away. */
  place(instance: number, primary: number, secondary: number): void;
  /** The rules that such a placement would break, or break more than now. */
  explain(instance: number, primary: number, secondary: number): readonly RuleBreach[];
  /** Everything that is broken as things stand. */
  breaches(): readonly RuleBreach[];
}

export interface RuleBreach {
  /** Name of the rule, as in the file, e.g. `web: spread over racks`. */
  readonly rule: string;
  readonly hard: boolean;
  readonly excess: number;
  /** What is in the way, in words, e.g. `rack r2 has 2 of at most 1 (web1, web4)`. */
  readonly detail: string;
}

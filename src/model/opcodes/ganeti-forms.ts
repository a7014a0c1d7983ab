type Params = Readonly<Record<string, unknown>>;

/** What Ganeti's clients send and read of an opcode in forms of their own. */
export interface GanetiForms {
  /**
   * What the parameters are in Ganeti 3.0 when nobody gives them; null: nothing. Those that are missing here have no default in
   * Ganeti, or are not Ganeti's. (Source: Ganeti's `src/Ganeti/OpParams.hs`.)
   */
  readonly defaults?: Params;
  /** Values of parameters that this version does not have which ask for what is so anyway, beside the defaults. */
  readonly asksForNothing?: Readonly<Record<string, readonly unknown[]>>;
  /** Members of parameters that Ganeti has and this version does not; they may be null. */
  readonly foreignMembers?: Readonly<Record<string, readonly string[]>>;
  /** Other ways to say the same, in the one that the schema has. */
  readonly read?: (op: Params) => Params;
  /** What of the result is in `opresult`: nothing, or the pairs of these names, with texts as values; default: all of it. */
  readonly opresult?: 'nothing' | readonly string[];
  /** What `opresult` has after a dry run, of the plan; default: nothing. */
  readonly dryRunResult?: (plan: never) => unknown;
  /** Words for errors, by code, where this opcode has others than the rest. `{name}` is the fact of that name. */
  readonly errors?: Readonly<Record<string, string | ((facts: Params) => string)>>;
}

import { opcodeCatalogue } from './catalogue.ts';

/** What every opcode has. */
const common = { dry_run: false, debug_level: 0, priority: 0, depends: null, comment: null };
/** Of the parameters without a value Ganeti shows these alone. */
const shownEmpty = new Set(['depends', 'comment']);

/** An opcode as Ganeti's clients read it in `ops`: with the defaults of what was not given, without what has no value. */
export function withGanetiDefaults(op: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const all = { ...common, ...opcodeCatalogue.get(String(op['OP_ID']))?.ganeti?.defaults, ...op };
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => value !== null || shownEmpty.has(name)));
}

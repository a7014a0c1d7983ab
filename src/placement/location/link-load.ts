import type { RuleTable } from './rule-table.ts';

/** Started percents of the bandwidth that a link carries beyond what it has room for. */
export function linkExcess({ linkRoom, topology }: RuleTable, link: number, load: number): number {
  const over = load - (linkRoom[link] as number);
  return over > 0 ? Math.ceil(over / ((topology.links[link]?.bandwidth ?? 1) * 10)) : 0;
}

/** What the mirror of an instance changes on the links: adds to `out` as `RuleBook.weigh` does. */
export function linkChange(table: RuleTable, rate: number, p0: number, s0: number, p1: number, s1: number, out: Float64Array): void {
  const before = pairOf(table, p0, s0);
  const after = pairOf(table, p1, s1);
  if (before === after) return;
  addChanges(table, before, after, -rate, out);
  addChanges(table, after, before, rate, out);
}

/** Pair of classes of two nodes; -1 when one is missing. */
export function pairOf({ routes }: RuleTable, primary: number, secondary: number): number {
  if (primary < 0 || secondary < 0) return -1;
  return (routes.classOf[primary] as number) * routes.classCount + (routes.classOf[secondary] as number);
}

/** For the links of one pair that the other pair does not use. */
function addChanges(table: RuleTable, pair: number, exceptPair: number, rate: number, out: Float64Array): void {
  if (pair < 0) return;
  const { routes, linkLoad, linkWeight } = table;
  const end = routes.start[pair + 1] as number;
  for (let k = routes.start[pair] as number; k < end; k++) {
    const link = routes.links[k] as number;
    if (uses(table, exceptPair, link)) continue;
    const load = linkLoad[link] as number;
    const change = linkExcess(table, link, load + rate) - linkExcess(table, link, load);
    const weight = linkWeight[link] as number;
    if (weight === 0) {
      out[0] = (out[0] as number) + change;
      if (change > 0) out[2] = (out[2] as number) + change;
    } else out[1] = (out[1] as number) + change * weight;
  }
}

export function uses({ routes }: RuleTable, pair: number, link: number): boolean {
  if (pair < 0) return false;
  const end = routes.start[pair + 1] as number;
  for (let k = routes.start[pair] as number; k < end; k++) if (routes.links[k] === link) return true;
  return false;
}

/** Books the mirror of an instance on its links, or takes it off with a negative rate. */
export function bookLinks(table: RuleTable, rate: number, primary: number, secondary: number): void {
  const pair = pairOf(table, primary, secondary);
  if (pair < 0) return;
  const { routes, linkLoad } = table;
  const end = routes.start[pair + 1] as number;
  for (let k = routes.start[pair] as number; k < end; k++) {
    const link = routes.links[k] as number;
    linkLoad[link] = (linkLoad[link] as number) + rate;
  }
}

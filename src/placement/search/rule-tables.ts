/**
 * Hard rules of location as counters. A tally counts the members of one set of items in each domain of one level. It may
 * limit the members in a domain (`most`), the number of domains that are used (`least`), and need the domains it uses to
 * be used by other tallies (`needs`).
 */
export interface Tally {
  readonly items: readonly number[];
  /** Position in `levels`. */
  readonly level: number;
  readonly most?: number | undefined;
  readonly least?: number | undefined;
  /** Positions of tallies of the same level. */
  readonly needs?: readonly number[] | undefined;
}

/** One level of the topology: the domain of each bin, counted from 0. */
export interface Level {
  readonly domains: number;
  readonly domainOf: Int32Array;
}

export interface RuleTables {
  readonly bins: number;
  /** By level and bin. */
  readonly domainOf: Int32Array;
  readonly level: Int32Array;
  /** Where a tally's counters begin in `counts`. */
  readonly offset: Int32Array;
  readonly most: Int32Array;
  readonly least: Int32Array;
  readonly counts: Uint8Array | Uint32Array;
  /** Domains in use, by tally. */
  readonly used: Int32Array;
  /** Items that are in the same tallies have the same number. */
  readonly kind: Int32Array;
  /** Rows of `ofItem`, `needs` and `neededBy`: row i lies from `…Start[i]` to `…Start[i + 1]`. */
  readonly ofItem: Int32Array;
  readonly ofItemStart: Int32Array;
  readonly needs: Int32Array;
  readonly needsStart: Int32Array;
  readonly neededBy: Int32Array;
  readonly neededByStart: Int32Array;
}

/** Makes the counters for items at home in `home`. */
export function createRuleTables(levels: readonly Level[], tallies: readonly Tally[], home: Int32Array): RuleTables {
  const bins = levels[0]?.domainOf.length ?? 0;
  const domainOf = new Int32Array(levels.length * bins);
  for (const [l, level] of levels.entries()) domainOf.set(level.domainOf, l * bins);
  const offset = new Int32Array(tallies.length);
  let size = 0;
  for (const [t, { level }] of tallies.entries()) {
    offset[t] = size;
    size += (levels[level] as Level).domains;
  }
  const small = tallies.every(({ items }) => items.length <= 0xff);
  const ofItem: number[][] = Array.from(home, () => []);
  const neededBy: number[][] = tallies.map(() => []);
  for (const [t, { items, needs = [] }] of tallies.entries()) {
    for (const item of items) (ofItem[item] as number[]).push(t);
    for (const other of needs) (neededBy[other] as number[]).push(t);
  }
  const [items, itemsStart] = rows(ofItem);
  const [needs, needsStart] = rows(tallies.map((tally) => tally.needs ?? []));
  const [needers, neededByStart] = rows(neededBy);
  const tables: RuleTables = {
    bins,
    domainOf,
    level: Int32Array.from(tallies, ({ level }) => level),
    offset,
    most: Int32Array.from(tallies, ({ most }) => most ?? unlimited),
    least: Int32Array.from(tallies, ({ least }) => least ?? 0),
    counts: small ? new Uint8Array(size) : new Uint32Array(size),
    used: new Int32Array(tallies.length),
    kind: kinds(ofItem),
    ofItem: items,
    ofItemStart: itemsStart,
    needs,
    needsStart,
    neededBy: needers,
    neededByStart,
  };
  for (let item = 0; item < home.length; item++) enterBin(tables, item, home[item] as number);
  return tables;
}

const unlimited = 0x7fffffff;

function rows(lists: readonly (readonly number[])[]): [Int32Array, Int32Array] {
  const start = new Int32Array(lists.length + 1);
  for (const [i, list] of lists.entries()) start[i + 1] = (start[i] as number) + list.length;
  return [Int32Array.from(lists.flat()), start];
}

function kinds(lists: readonly (readonly number[])[]): Int32Array {
  const known = new Map<string, number>();
  return Int32Array.from(lists, (list) => {
    const key = list.join();
    const kind = known.get(key) ?? known.size;
    known.set(key, kind);
    return kind;
  });
}

/** Whether the item may go from one bin to another without breaking a rule, or breaking it more than now. */
export function allowsShift(tables: RuleTables, item: number, from: number, to: number): boolean {
  const { bins, domainOf, level, offset, most, least, counts, used, ofItem, ofItemStart } = tables;
  const end = ofItemStart[item + 1] as number;
  for (let i = ofItemStart[item] as number; i < end; i++) {
    const t = ofItem[i] as number;
    const row = (level[t] as number) * bins;
    const enters = domainOf[row + to] as number;
    const leaves = domainOf[row + from] as number;
    if (enters === leaves) continue;
    const at = offset[t] as number;
    const there = counts[at + enters] as number;
    if (there >= (most[t] as number)) return false;
    if ((counts[at + leaves] as number) === 1) {
      if (there > 0 && (used[t] as number) <= (least[t] as number)) return false;
      if (isNeeded(tables, t, leaves)) return false;
    }
    if (there === 0 && lacks(tables, t, enters)) return false;
  }
  return true;
}

/** Whether another tally that uses the domain needs this one there. */
function isNeeded({ neededBy, neededByStart, offset, counts }: RuleTables, t: number, domain: number): boolean {
  const end = neededByStart[t + 1] as number;
  for (let i = neededByStart[t] as number; i < end; i++) {
    if ((counts[(offset[neededBy[i] as number] as number) + domain] as number) > 0) return true;
  }
  return false;
}

/** Whether a tally that this one needs does not use the domain. */
function lacks({ needs, needsStart, offset, counts }: RuleTables, t: number, domain: number): boolean {
  const end = needsStart[t + 1] as number;
  for (let i = needsStart[t] as number; i < end; i++) {
    if ((counts[(offset[needs[i] as number] as number) + domain] as number) === 0) return true;
  }
  return false;
}

/**
 * Whether two items may change places. Judged as the two moves one after the other, so that no rule is broken between
 * them either; items of one kind can always stand for each other. The counters are the same afterwards.
 */
export function allowsSwap(tables: RuleTables, a: number, b: number, binA: number, binB: number): boolean {
  return tables.kind[a] === tables.kind[b] || allowsInTurn(tables, a, b, binA, binB) || allowsInTurn(tables, b, a, binB, binA);
}

function allowsInTurn(tables: RuleTables, first: number, second: number, binFirst: number, binSecond: number): boolean {
  if (!allowsShift(tables, first, binFirst, binSecond)) return false;
  countShift(tables, first, binFirst, binSecond);
  const allowed = allowsShift(tables, second, binSecond, binFirst);
  countShift(tables, first, binSecond, binFirst);
  return allowed;
}

export function countShift(tables: RuleTables, item: number, from: number, to: number): void {
  leaveBin(tables, item, from);
  enterBin(tables, item, to);
}

function enterBin({ bins, domainOf, level, offset, counts, used, ofItem, ofItemStart }: RuleTables, item: number, bin: number): void {
  const end = ofItemStart[item + 1] as number;
  for (let i = ofItemStart[item] as number; i < end; i++) {
    const t = ofItem[i] as number;
    const at = (offset[t] as number) + (domainOf[(level[t] as number) * bins + bin] as number);
    const count = counts[at] as number;
    counts[at] = count + 1;
    if (count === 0) used[t] = (used[t] as number) + 1;
  }
}

function leaveBin({ bins, domainOf, level, offset, counts, used, ofItem, ofItemStart }: RuleTables, item: number, bin: number): void {
  const end = ofItemStart[item + 1] as number;
  for (let i = ofItemStart[item] as number; i < end; i++) {
    const t = ofItem[i] as number;
    const at = (offset[t] as number) + (domainOf[(level[t] as number) * bins + bin] as number);
    const count = (counts[at] as number) - 1;
    counts[at] = count;
    if (count === 0) used[t] = (used[t] as number) - 1;
  }
}

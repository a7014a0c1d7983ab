/**
 * Members of rules by domain. A slot is three numbers: domain, members, members of the other service. Where a rule has few
 * members among many domains its slots are a small hash table (open addressing), so that thousands of rules over thousands of
 * nodes stay in the cache; else they are one for each domain.
 */
export interface DomainCounters {
  readonly slots: Int32Array;
  /** First slot of each rule. */
  readonly base: Int32Array;
  /** Slots of a hash table less one; -1: one for each domain. */
  readonly mask: Int32Array;
  /** Slots of a hash table that bear a domain. */
  readonly filled: Int32Array;
}

export const slotWidth = 3;
const none = -1;

export interface CounterSize {
  readonly domains: number;
  /** At most so many domains are counted at one time. */
  readonly members: number;
  /** Wants a slot for each domain whatever the sizes. */
  readonly dense: boolean;
}

export function createCounters(sizes: readonly CounterSize[]): DomainCounters {
  const base = new Int32Array(sizes.length);
  const mask = new Int32Array(sizes.length);
  let total = 0;
  sizes.forEach(({ domains, members, dense }, rule) => {
    const hashed = 4 << Math.ceil(Math.log2(Math.max(1, members)));
    const width = dense || domains <= hashed ? domains : hashed;
    base[rule] = total;
    mask[rule] = width === domains ? none : width - 1;
    total += width;
  });
  const slots = new Int32Array(total * slotWidth);
  for (let slot = 0; slot < slots.length; slot += slotWidth) slots[slot] = none;
  return { slots, base, mask, filled: new Int32Array(sizes.length) };
}

/** Where the counts of a domain are: `slots[slot + 1]` and `slots[slot + 2]`. For reading: both are 0 if it has no slot yet. */
export function slotOf({ slots, base, mask }: DomainCounters, rule: number, domain: number): number {
  const first = base[rule] as number;
  const wrap = mask[rule] as number;
  if (wrap < 0) return (first + domain) * slotWidth;
  for (let hash = Math.imul(domain, 0x9e3779b1) >>> 12; ; hash++) {
    const slot = (first + (hash & wrap)) * slotWidth;
    const key = slots[slot] as number;
    if (key === domain || key === none) return slot;
  }
}

/** The slot of a domain for writing. */
export function claimSlot(counters: DomainCounters, rule: number, domain: number): number {
  const { slots, mask, filled } = counters;
  const slot = slotOf(counters, rule, domain);
  const wrap = mask[rule] as number;
  if (wrap < 0 || slots[slot] === domain) return slot;
  if ((filled[rule] as number) * 4 > wrap * 3) {
    sweep(counters, rule);
    return claimSlot(counters, rule, domain);
  }
  slots[slot] = domain;
  filled[rule] = (filled[rule] as number) + 1;
  return slot;
}

/** Frees the slots of domains without members. A table is four times as large as its members, so this is rare. */
function sweep(counters: DomainCounters, rule: number): void {
  const { slots, base, mask, filled } = counters;
  const begin = (base[rule] as number) * slotWidth;
  const end = begin + ((mask[rule] as number) + 1) * slotWidth;
  const old = slots.slice(begin, end);
  for (let slot = begin; slot < end; slot += slotWidth) {
    slots[slot] = none;
    slots[slot + 1] = 0;
    slots[slot + 2] = 0;
  }
  filled[rule] = 0;
  for (let entry = 0; entry < old.length; entry += slotWidth) {
    if (old[entry + 1] === 0 && old[entry + 2] === 0) continue;
    const slot = claimSlot(counters, rule, old[entry] as number);
    slots[slot + 1] = old[entry + 1] as number;
    slots[slot + 2] = old[entry + 2] as number;
  }
}

import { claimSlot, slotOf } from './domain-counters.ts';
import { ruleKind } from './draft-rules.ts';
import { type RuleTable, role } from './rule-table.ts';

/** What changes in the excess of a rule when an instance goes from (p0, s0) to (p1, s1). Nothing else changes. */
export function ruleChange(table: RuleTable, rule: number, roles: number, p0: number, s0: number, p1: number, s1: number): number {
  const kind = table.kind[rule] as number;
  switch (kind) {
    case ruleKind.area:
      return inArea(table, rule, p1) + inArea(table, rule, s1) - inArea(table, rule, p0) - inArea(table, rule, s0);
    case ruleKind.primaryArea:
      return inArea(table, rule, p1) - inArea(table, rule, p0);
    case ruleKind.replicasApart:
    case ruleKind.replicasWithin:
    case ruleKind.replicasNear:
      return badPair(table, rule, kind, p1, s1) - badPair(table, rule, kind, p0, s0);
  }
  const from = domainAt(table, rule, p0);
  const to = domainAt(table, rule, p1);
  if (from === to) return 0;
  if (kind <= ruleKind.apart) return separableChange(table, rule, kind, roles, from, to);
  if (kind === ruleKind.atLeast) return atLeastChange(table, rule, from, to);
  if (kind === ruleKind.near) return nearChange(table, rule, from, to);
  const before = table.excess[rule] as number;
  shiftMember(table, rule, from, to);
  const change = shapeExcess(table, rule, kind) - before;
  shiftMember(table, rule, to, from);
  return change;
}

/** Moves the instance in the counters of a rule. Returns the change of its excess, but does not record it. */
export function ruleApply(table: RuleTable, rule: number, roles: number, p0: number, s0: number, p1: number, s1: number): number {
  const kind = table.kind[rule] as number;
  if (kind > ruleKind.near) return ruleChange(table, rule, roles, p0, s0, p1, s1);
  const from = domainAt(table, rule, p0);
  const to = domainAt(table, rule, p1);
  if (from === to) return 0;
  if (kind <= ruleKind.apart) {
    const left = from >= 0 ? book(table, rule, kind, from, roles, -1) : 0;
    return to >= 0 ? left + book(table, rule, kind, to, roles, 1) : left;
  }
  if (kind === ruleKind.near) {
    const change = nearChange(table, rule, from, to);
    if (from >= 0) bookFar(table, rule, from, -1);
    if (to >= 0) bookFar(table, rule, to, 1);
    return change;
  }
  shiftMember(table, rule, from, to);
  const { limit, placed, used, excess } = table;
  const after =
    kind === ruleKind.atLeast
      ? tooFew(limit[rule] as number, placed[rule] as number, used[rule] as number)
      : shapeExcess(table, rule, kind);
  return after - (excess[rule] as number);
}

/**
 * Whether an instance that is placed nowhere breaks a rule, or breaks it more, by coming to a node. Only for rules for which
 * `guards` is true; conditions about secondaries are ignored.
 */
export function ruleRefuses(table: RuleTable, rule: number, roles: number, node: number): boolean {
  const kind = table.kind[rule] as number;
  if (kind > ruleKind.needs) return ruleChange(table, rule, roles, none, none, node, none) > 0;
  const { counters } = table;
  const slot = slotOf(counters, rule, domainAt(table, rule, node));
  if (kind === ruleKind.atMost) return (counters.slots[slot + 1] as number) >= (table.limit[rule] as number);
  return counters.slots[slot + 2] === 0 && (roles & role.other) === 0;
}

/** Whether the rule can refuse a new instance; it cannot if the instance is only needed by members of other services. */
export function guards(kind: number, weight: number, roles: number): boolean {
  return weight === 0 && (kind !== ruleKind.needs || (roles & role.member) !== 0);
}

const none = -1;

function domainAt({ level, domainOf }: RuleTable, rule: number, node: number): number {
  return node < 0 ? -1 : (domainOf[(level[rule] as number) + node] as number);
}

function inArea({ area, forbidden }: RuleTable, rule: number, node: number): number {
  return node < 0 ? 0 : (forbidden[(area[rule] as number) + node] as number);
}

function badPair(table: RuleTable, rule: number, kind: number, primary: number, secondary: number): number {
  if (primary < 0 || secondary < 0) return 0;
  const one = domainAt(table, rule, primary);
  const other = domainAt(table, rule, secondary);
  if (kind === ruleKind.replicasApart) return one === other ? 1 : 0;
  if (kind === ruleKind.replicasWithin) return one === other ? 0 : 1;
  return isFar(table, rule, one, other);
}

function isFar({ routes, limit }: RuleTable, rule: number, one: number, other: number): number {
  return (routes.latency[one * routes.classCount + other] as number) > (limit[rule] as number) ? 1 : 0;
}

/** Excess of a domain with so many members and so many of the other service; the rule's is the sum over its domains. */
function domainExcess(kind: number, limit: number, members: number, others: number): number {
  if (kind === ruleKind.atMost) return members > limit ? members - limit : 0;
  if (kind === ruleKind.needs) return others > 0 ? 0 : members;
  return members < others ? members : others;
}

function separableChange(table: RuleTable, rule: number, kind: number, roles: number, from: number, to: number): number {
  const { counters } = table;
  const { slots } = counters;
  const limit = table.limit[rule] as number;
  const member = roles & role.member;
  const other = (roles & role.other) >> 1;
  let change = 0;
  if (from >= 0) {
    const slot = slotOf(counters, rule, from);
    const a = slots[slot + 1] as number;
    const b = slots[slot + 2] as number;
    change += domainExcess(kind, limit, a - member, b - other) - domainExcess(kind, limit, a, b);
  }
  if (to >= 0) {
    const slot = slotOf(counters, rule, to);
    const a = slots[slot + 1] as number;
    const b = slots[slot + 2] as number;
    change += domainExcess(kind, limit, a + member, b + other) - domainExcess(kind, limit, a, b);
  }
  return change;
}

/** An instance more or less in a domain; what changes in the excess. */
function book(table: RuleTable, rule: number, kind: number, domain: number, roles: number, by: 1 | -1): number {
  const { counters } = table;
  const { slots } = counters;
  const slot = claimSlot(counters, rule, domain);
  const limit = table.limit[rule] as number;
  const members = slots[slot + 1] as number;
  const others = slots[slot + 2] as number;
  const membersAfter = members + (roles & role.member) * by;
  const othersAfter = others + ((roles & role.other) >> 1) * by;
  slots[slot + 1] = membersAfter;
  slots[slot + 2] = othersAfter;
  return domainExcess(kind, limit, membersAfter, othersAfter) - domainExcess(kind, limit, members, others);
}

function atLeastChange(table: RuleTable, rule: number, from: number, to: number): number {
  const { counters, limit } = table;
  let placed = table.placed[rule] as number;
  let used = table.used[rule] as number;
  if (from >= 0) {
    placed--;
    if (counters.slots[slotOf(counters, rule, from) + 1] === 1) used--;
  }
  if (to >= 0) {
    placed++;
    if (counters.slots[slotOf(counters, rule, to) + 1] === 0) used++;
  }
  return tooFew(limit[rule] as number, placed, used) - (table.excess[rule] as number);
}

const tooFew = (wanted: number, placed: number, used: number): number => Math.max(0, Math.min(wanted, placed) - used);

function nearChange(table: RuleTable, rule: number, from: number, to: number): number {
  const { far, farBase } = table;
  const base = farBase[rule] as number;
  const lost = from >= 0 ? (far[base + from] as number) : 0;
  if (to < 0) return -lost;
  return (far[base + to] as number) - (from >= 0 ? isFar(table, rule, from, to) : 0) - lost;
}

function bookFar(table: RuleTable, rule: number, place: number, by: number): void {
  const { far, farBase, routes } = table;
  const base = farBase[rule] as number;
  for (let other = 0; other < routes.classCount; other++) {
    far[base + other] = (far[base + other] as number) + isFar(table, rule, place, other) * by;
  }
}

/** Excess of the rules that look at the fullest and the emptiest domain. */
function shapeExcess({ fullest, emptiest, placed, limit }: RuleTable, rule: number, kind: number): number {
  const most = fullest[rule] as number;
  if (kind === ruleKind.together) return (placed[rule] as number) - most;
  return Math.max(0, most - (emptiest[rule] as number) - (limit[rule] as number));
}

function shiftMember(table: RuleTable, rule: number, from: number, to: number): void {
  if (from >= 0) step(table, rule, from, -1);
  if (to >= 0) step(table, rule, to, 1);
}

/** One member more or less in a domain. */
function step(table: RuleTable, rule: number, domain: number, by: 1 | -1): void {
  const { counters, placed, used, kind, histogram, histogramBase, fullest, emptiest } = table;
  const slot = claimSlot(counters, rule, domain);
  const before = counters.slots[slot + 1] as number;
  const after = before + by;
  counters.slots[slot + 1] = after;
  placed[rule] = (placed[rule] as number) + by;
  if (before === 0) used[rule] = (used[rule] as number) + 1;
  else if (after === 0) used[rule] = (used[rule] as number) - 1;
  if (kind[rule] === ruleKind.atLeast || counters.slots[slot + 2] === 1) return;
  const base = histogramBase[rule] as number;
  const leaving = (histogram[base + before] as number) - 1;
  histogram[base + before] = leaving;
  histogram[base + after] = (histogram[base + after] as number) + 1;
  if (after > (fullest[rule] as number) || (leaving === 0 && before === fullest[rule])) fullest[rule] = after;
  if (after < (emptiest[rule] as number) || (leaving === 0 && before === emptiest[rule])) emptiest[rule] = after;
}

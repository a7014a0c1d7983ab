import { mirroringOf } from '../../model/disk-templates/catalogue.ts';
import { type ClusterData, noNode } from '../cluster/cluster-data.ts';
import { createCounters, type DomainCounters } from './domain-counters.ts';
import { type RuleDraft, ruleKind, usableNodes } from './draft-rules.ts';
import type { Layout } from './layout.ts';
import type { Routes } from './routes.ts';
import type { Topology } from './topology.ts';

/** Bits that say what an instance is to a rule. */
export const role = { member: 1, other: 2 } as const;

/**
 * The rules as flat arrays. Rule r costs `excess[r]`, times its weight if it has one. Entries `start[i]` up to `start[i + 1]` name the
 * rules that instance i matters to; one that no rule names costs nothing.
 */
export interface RuleTable {
  readonly layout: Layout;
  readonly routes: Routes;
  readonly topology: Topology;
  readonly drafts: readonly RuleDraft[];
  readonly kind: Uint8Array;
  readonly weight: Float64Array;
  readonly limit: Float64Array;
  /** Where the rule's level begins in `domainOf`. */
  readonly level: Int32Array;
  /** Domain of each node, for all levels one behind the other, and the classes of `routes` last. */
  readonly domainOf: Int32Array;
  /** Where the rule's forbidden nodes begin in `forbidden`. */
  readonly area: Int32Array;
  readonly forbidden: Uint8Array;

  readonly start: Int32Array;
  readonly rules: Int32Array;
  readonly roles: Uint8Array;

  readonly excess: Float64Array;
  readonly counters: DomainCounters;
  /** Members that are placed, and domains that have any: for `atLeast` and `together`. */
  readonly placed: Int32Array;
  readonly used: Int32Array;
  /** Domains by their number of members, from `histogramBase[r]` on: for `skew` and `together`. */
  readonly histogramBase: Int32Array;
  readonly histogram: Int32Array;
  readonly fullest: Int32Array;
  readonly emptiest: Int32Array;
  /** Members too far from each class, from `farBase[r]` on: for `near`. */
  readonly farBase: Int32Array;
  readonly far: Int32Array;

  readonly primary: Int32Array;
  readonly secondary: Int32Array;

  /** kbit/s that each instance writes to its mirror; 0: none, or not known. */
  readonly rate: Float64Array;
  /** kbit/s on each link. */
  readonly linkLoad: Float64Array;
  /** kbit/s that mirrored disks may use of it; Infinity: no limit. */
  readonly linkRoom: Float64Array;
  readonly linkWeight: Float64Array;
}

const kilobitsPerMebibyte = 8388.608;

/** Empty: nothing is placed yet. */
export function createRuleTable(
  cluster: ClusterData,
  topology: Topology,
  layout: Layout,
  routes: Routes,
  drafts: readonly RuleDraft[],
): RuleTable {
  const count = drafts.length;
  const instanceCount = cluster.instances.length;
  const histogramBase = offsets(drafts, ({ kind, members }) => (counts(kind) ? members.length + 2 : 0));
  const farBase = offsets(drafts, ({ kind }) => (kind === ruleKind.near ? routes.classCount : 0));
  const areas = areaRows(drafts, layout.nodeCount);
  const table: RuleTable = {
    layout,
    routes,
    topology,
    drafts,
    kind: Uint8Array.from(drafts, ({ kind }) => kind),
    weight: Float64Array.from(drafts, ({ weight }) => weight),
    limit: Float64Array.from(drafts, ({ limit }) => limit),
    level: Int32Array.from(drafts, ({ kind, level }) => levelOf(kind, level, layout) * layout.nodeCount),
    domainOf: joined([...layout.levels.map(({ domainOf }) => domainOf), routes.classOf]),
    ...areas,
    ...entriesOf(drafts, instanceCount),
    excess: new Float64Array(count),
    counters: createCounters(drafts.map((draft) => counterSize(draft, layout))),
    placed: new Int32Array(count),
    used: new Int32Array(count),
    histogramBase,
    histogram: new Int32Array(histogramBase[count] as number),
    fullest: new Int32Array(count),
    emptiest: new Int32Array(count),
    farBase,
    far: new Int32Array(farBase[count] as number),
    primary: new Int32Array(instanceCount).fill(noNode),
    secondary: new Int32Array(instanceCount).fill(noNode),
    rate: Float64Array.from(cluster.instances, ({ diskTemplate, writeRate = 0 }) =>
      mirroringOf(diskTemplate) === 'internal' ? Math.round(writeRate * kilobitsPerMebibyte) : 0,
    ),
    linkLoad: new Float64Array(topology.links.length),
    linkRoom: Float64Array.from(
      topology.links,
      ({ bandwidth = Number.POSITIVE_INFINITY, load = 0 }) => Math.max(0, bandwidth - load) * 1000,
    ),
    linkWeight: Float64Array.from(topology.links, ({ weight = 0 }) => weight),
  };
  openSkewRules(table, cluster);
  return table;
}

const counts = (kind: number): boolean => kind === ruleKind.skew || kind === ruleKind.together;

const levelOf = (kind: number, level: number, { levels }: Layout): number =>
  kind === ruleKind.near || kind === ruleKind.replicasNear ? levels.length : Math.max(0, level);

function offsets(drafts: readonly RuleDraft[], size: (draft: RuleDraft) => number): Int32Array {
  const begin = new Int32Array(drafts.length + 1);
  drafts.forEach((draft, rule) => (begin[rule + 1] = (begin[rule] as number) + size(draft)));
  return begin;
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const whole = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let begin = 0;
  for (const part of parts) {
    whole.set(part, begin);
    begin += part.length;
  }
  return whole;
}

/** One row for each different area: many services are pinned to the same site. */
function areaRows(drafts: readonly RuleDraft[], nodeCount: number): Pick<RuleTable, 'area' | 'forbidden'> {
  const rows = new Map<string, number>();
  const parts: Uint8Array[] = [];
  const area = Int32Array.from(drafts, ({ forbidden }) => {
    if (!forbidden) return -1;
    const key = forbidden.join('');
    const row = rows.get(key) ?? parts.push(forbidden) - 1;
    rows.set(key, row);
    return row * nodeCount;
  });
  const all = new Uint8Array(parts.length * nodeCount);
  parts.forEach((part, row) => all.set(part, row * nodeCount));
  return { area, forbidden: all };
}

function entriesOf(drafts: readonly RuleDraft[], instanceCount: number): Pick<RuleTable, 'start' | 'rules' | 'roles'> {
  const entries: Map<number, number>[] = Array.from({ length: instanceCount }, () => new Map());
  drafts.forEach(({ members, others }, rule) => {
    for (const i of members) entries[i]?.set(rule, role.member);
    for (const i of others) entries[i]?.set(rule, (entries[i]?.get(rule) ?? 0) | role.other);
  });
  const start = new Int32Array(instanceCount + 1);
  entries.forEach((own, i) => (start[i + 1] = (start[i] as number) + own.size));
  const flat = entries.flatMap((own) => [...own]);
  return { start, rules: Int32Array.from(flat, ([rule]) => rule), roles: Uint8Array.from(flat, ([, bits]) => bits) };
}

const uncounted: ReadonlySet<number> = new Set([
  ruleKind.near,
  ruleKind.area,
  ruleKind.primaryArea,
  ruleKind.replicasApart,
  ruleKind.replicasWithin,
  ruleKind.replicasNear,
]);

function counterSize({ kind, level, members, others }: RuleDraft, { levels }: Layout) {
  if (uncounted.has(kind)) return { domains: 0, members: 0, dense: true };
  return { domains: levels[level]?.domainNames.length ?? 0, members: members.length + others.length, dense: kind === ruleKind.skew };
}

/** Domains that members may not be in, or that are down, are not waited for; the third number of their slot says so. */
function openSkewRules(table: RuleTable, cluster: ClusterData): void {
  const usable = usableNodes(cluster);
  const { drafts, counters, domainOf, level, histogram, histogramBase, layout } = table;
  drafts.forEach(({ kind, service, level: position }, rule) => {
    if (kind !== ruleKind.skew) return;
    const barred = drafts.filter((other) => other.service === service && other.weight === 0 && other.kind === ruleKind.area);
    const open = new Set<number>();
    for (let n = 0; n < layout.nodeCount; n++) {
      if (usable[n] === 1 && barred.every(({ forbidden }) => forbidden?.[n] === 0))
        open.add(domainOf[(level[rule] as number) + n] as number);
    }
    const domains = layout.levels[position]?.domainNames.length ?? 0;
    for (let domain = 0; domain < domains; domain++) {
      counters.slots[((counters.base[rule] as number) + domain) * 3 + 2] = open.has(domain) ? 0 : 1;
    }
    histogram[histogramBase[rule] as number] = open.size;
  });
}

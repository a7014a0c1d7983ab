import { mirroringOf } from '../../model/disk-templates/catalogue.ts';
import { type ClusterData, type InstanceData, noNode } from '../cluster/cluster-data.ts';
import type { ConflictContext } from './conflict-context.ts';
import { ruleApply } from './count-rules.ts';
import { type RuleDraft, ruleKind } from './draft-rules.ts';
import { createRuleTable, type RuleTable, role } from './rule-table.ts';

const stepLimit = 20_000;
const memberLimit = 100;

/**
 * Tries to place all members of a few rules so that each rule holds, on nodes without any limit of size.
 * @returns `unknown` when there are more placements than can be tried
 */
export function searchPlacement(context: ConflictContext, drafts: readonly RuleDraft[]): 'possible' | 'impossible' | 'unknown' {
  const { topology, layout, routes } = context;
  const { cluster, own } = familyAlone(context, drafts);
  if (cluster.instances.length > memberLimit) return 'unknown';
  const table = createRuleTable(cluster, { ...topology, links: [] }, layout, routes, own);
  const waiting = Int32Array.from(own, ({ kind, members, others }) => (kind === ruleKind.needs ? others.length : members.length));
  const attempt: Attempt = { table, waiting, crowd: new Int32Array(cluster.nodes.length), steps: 0 };
  const members = orderOf(own);
  const { nodes, looks } = nodesToTry(context, own, members.length);
  const mirrored = cluster.instances.map(({ diskTemplate }) => mirroringOf(diskTemplate) === 'internal');

  const descend = (depth: number): boolean | undefined => {
    const i = members[depth];
    if (i === undefined) return true;
    for (const primary of distinct(nodes, looks, attempt.crowd)) {
      const found = tryOn(attempt, i, primary, noNode, () => (mirrored[i] ? pair(depth, i, primary) : descend(depth + 1)));
      if (found !== false) return found;
    }
    return false;
  };
  const pair = (depth: number, i: number, primary: number): boolean | undefined => {
    const others = nodes.filter((n) => n !== primary);
    for (const secondary of distinct(others, looks, attempt.crowd)) {
      const found = tryOn(attempt, i, primary, secondary, () => descend(depth + 1));
      if (found !== false) return found;
    }
    return false;
  };

  const found = descend(0);
  return found === undefined ? 'unknown' : found ? 'possible' : 'impossible';
}

interface Attempt {
  readonly table: RuleTable;
  /** By rule, those not yet placed that could still mend it. */
  readonly waiting: Int32Array;
  /** Instances on each node. */
  readonly crowd: Int32Array;
  steps: number;
}

/** Places an instance, goes on from there if the rules allow it, and puts everything back; undefined: too many steps. */
function tryOn(attempt: Attempt, i: number, primary: number, secondary: number, next: () => boolean | undefined): boolean | undefined {
  if (++attempt.steps > stepLimit) return undefined;
  const { table, crowd } = attempt;
  const p0 = table.primary[i] as number;
  const s0 = table.secondary[i] as number;
  const node = secondary === noNode ? primary : secondary;
  const held = shift(attempt, i, primary, secondary);
  crowd[node] = (crowd[node] as number) + 1;
  const found = held ? next() : false;
  crowd[node] = (crowd[node] as number) - 1;
  shift(attempt, i, p0, s0);
  return found;
}

/** First those that others need, then those with the most rules: they leave the least choice. */
function orderOf(drafts: readonly RuleDraft[]): number[] {
  const weights = new Map<number, number>();
  const add = (i: number, weight: number) => weights.set(i, (weights.get(i) ?? 0) + weight);
  for (const { kind, members, others } of drafts) {
    for (const i of members) add(i, 1);
    for (const i of others) add(i, kind === ruleKind.needs ? drafts.length : 1);
  }
  return [...weights].sort(([i, a], [j, b]) => b - a || i - j).map(([i]) => i);
}

/** Only the instances that the rules name, at new positions: a cluster has many more. */
function familyAlone({ cluster }: ConflictContext, drafts: readonly RuleDraft[]): { cluster: ClusterData; own: readonly RuleDraft[] } {
  const positions = [...new Set(drafts.flatMap(({ members, others }) => [...members, ...others]))].sort((a, b) => a - b);
  const numbers = new Map(positions.map((i, number) => [i, number]));
  const renumbered = (all: Int32Array) => all.map((i) => numbers.get(i) as number);
  const own = drafts.map((draft) => ({ ...draft, members: renumbered(draft.members), others: renumbered(draft.others) }));
  return { cluster: { ...cluster, instances: positions.map((i) => cluster.instances[i] as InstanceData) }, own };
}

interface Nodes {
  readonly nodes: readonly number[];
  readonly looks: ReadonlyMap<number, string>;
}

/** Nodes that no rule distinguishes are equivalent. Of each kind, as many as there are members are enough. */
function nodesToTry({ layout, routes }: ConflictContext, drafts: readonly RuleDraft[], memberCount: number): Nodes {
  const levels = [...new Set(drafts.map(({ level }) => level))].flatMap((level) => layout.levels.slice(0, -1)[level] ?? []);
  const areas = drafts.flatMap(({ forbidden }) => (forbidden ? [forbidden] : []));
  const looks = new Map<number, string>();
  const seen = new Map<string, number>();
  for (let n = 0; n < layout.nodeCount; n++) {
    const look = [routes.classOf[n], ...levels.map(({ domainOf }) => domainOf[n]), ...areas.map((forbidden) => forbidden[n])].join(' ');
    const count = (seen.get(look) ?? 0) + 1;
    seen.set(look, count);
    if (count <= 2 * memberCount) looks.set(n, look);
  }
  return { nodes: [...looks.keys()], looks };
}

/** The emptiest first. */
function distinct(nodes: readonly number[], looks: ReadonlyMap<number, string>, crowd: Int32Array): number[] {
  const seen = new Set<string>();
  return nodes
    .toSorted((a, b) => (crowd[a] as number) - (crowd[b] as number) || a - b)
    .filter((n) => {
      if (crowd[n] !== 0) return true;
      const look = looks.get(n) as string;
      return !seen.has(look) && seen.add(look);
    });
}

/** Places an instance; tells whether every rule holds still, or can be mended by those that wait. */
function shift({ table, waiting }: Attempt, i: number, primary: number, secondary: number): boolean {
  const { start, rules, roles, excess, kind } = table;
  const p0 = table.primary[i] as number;
  const s0 = table.secondary[i] as number;
  const arrived = Number(primary >= 0) - Number(p0 >= 0);
  let held = true;
  for (let k = start[i] as number; k < (start[i + 1] as number); k++) {
    const rule = rules[k] as number;
    const needs = kind[rule] === ruleKind.needs;
    const mends = needs ? ((roles[k] as number) & role.other) >> 1 : 1;
    waiting[rule] = (waiting[rule] as number) - arrived * mends;
    excess[rule] = (excess[rule] as number) + ruleApply(table, rule, roles[k] as number, p0, s0, primary, secondary);
    if ((excess[rule] as number) > mendable(kind[rule] as number, waiting[rule] as number)) held = false;
  }
  table.primary[i] = primary;
  table.secondary[i] = secondary;
  return held;
}

/** How much excess those that wait could take away. */
function mendable(kind: number, waiting: number): number {
  if (kind === ruleKind.needs) return waiting > 0 ? Number.POSITIVE_INFINITY : 0;
  return kind === ruleKind.atLeast || kind === ruleKind.skew ? waiting : 0;
}

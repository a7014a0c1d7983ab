import { GantryError } from '../../base/index.ts';
import { requiredNodes } from '../../model/disk-templates/catalogue.ts';
import type { ClusterData } from '../cluster/cluster-data.ts';
import type { ConflictContext } from './conflict-context.ts';
import { countsOut, openNodes } from './counts-out.ts';
import type { RuleDraft } from './draft-rules.ts';
import { planRules } from './plan-rules.ts';
import { createRoutes } from './routes.ts';
import { searchPlacement } from './search-placement.ts';
import type { Location } from './service.ts';
import { nodeLevel } from './topology.ts';

/** Hard rules that cannot hold together; without any one of them, the others could. */
export interface RuleConflict {
  readonly rules: readonly { readonly rule: string; readonly at: string }[];
  /** What makes it impossible, in words. */
  readonly reason: string;
}

/**
 * Looks for hard rules that no placement on any of the nodes can fulfil, however large these were, and whether they are online or not (an outage breaks rules, but does not make them wrong): by counting, and by trying all
 * placements where there are few enough. What is found is certain; that nothing is found is not a proof.
 * @returns the smallest conflicting set that leaving out rules one by one gives, or undefined
 * @throws as `compileRules`
 */
export function findConflict(cluster: ClusterData, { topology, services }: Location): RuleConflict | undefined {
  const { layout, drafts } = planRules(cluster, topology, services);
  const context = { cluster, topology, layout, routes: createRoutes(cluster, topology, layout) };
  const hard = drafts.filter(({ weight }) => weight === 0);
  for (const family of families(hard, cluster.instances.length)) {
    if (!impossible(context, family)) continue;
    const core = minimise(context, family);
    return { rules: core.map(({ name, at }) => ({ rule: name, at })), reason: reasonOf(context, core) };
  }
  return undefined;
}

/** @throws LOCATION_CONFLICT when hard rules cannot hold together */
export function refuseConflict(cluster: ClusterData, location: Location): void {
  const error = conflictError(cluster, location);
  if (error) throw error;
}

/** What `refuseConflict` throws. */
export function conflictError(cluster: ClusterData, location: Location): GantryError | undefined {
  const conflict = findConflict(cluster, location);
  if (!conflict) return undefined;
  const rules = conflict.rules.map(({ rule, at }) => `"${rule}" (${at})`).join(', ');
  return new GantryError('LOCATION_CONFLICT', { rules, reason: conflict.reason });
}

const impossible = (context: ConflictContext, drafts: readonly RuleDraft[]): boolean =>
  countsOut(context, drafts) || searchPlacement(context, drafts) === 'impossible';

/** Leaves out one rule after the other, as long as the rest stays impossible. */
function minimise(context: ConflictContext, drafts: readonly RuleDraft[]): readonly RuleDraft[] {
  let core = drafts;
  for (const draft of drafts) {
    const fewer = core.filter((other) => other !== draft);
    if (impossible(context, fewer)) core = fewer;
  }
  return core;
}

/** Rules that have instances in common, directly or by way of others: each such set is looked at alone. */
function families(drafts: readonly RuleDraft[], instanceCount: number): RuleDraft[][] {
  const parent = Int32Array.from({ length: instanceCount }, (_, i) => i);
  const rootOf = (i: number): number => {
    let root = i;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root] as number] as number;
      root = parent[root] as number;
    }
    return root;
  };
  for (const { members, others } of drafts) {
    for (const i of [...members, ...others]) parent[rootOf(i)] = rootOf(members[0] ?? i);
  }
  return [...Map.groupBy(drafts, ({ members }) => rootOf(members[0] as number)).values()];
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

const mirroredMembers = ({ cluster: { instances } }: ConflictContext, drafts: readonly RuleDraft[]): boolean =>
  drafts.some(({ members }) => members.some((i) => requiredNodes(instances[i]?.diskTemplate ?? 'plain') === 2));

/** E.g. `web has 5 members, and 2 racks are open to them`. */
function reasonOf(context: ConflictContext, core: readonly RuleDraft[]): string {
  const { layout } = context;
  const services = [...new Set(core.map(({ service }) => service))];
  const parts = services.map((service) => {
    const own = core.filter((draft) => draft.service === service);
    const open = openNodes(context, own);
    const nodes = layout.nodes.names
      .keys()
      .filter((n) => open[n] === 1)
      .toArray();
    const levels = new Set([...own, ...core.filter(({ level }) => level >= 0)].map(({ level }) => level).filter((level) => level >= 0));
    const domains = [...levels].flatMap((level) => {
      if (layout.levels[level]?.name === nodeLevel) return [];
      const count = new Set(nodes.map((n) => layout.levels[level]?.domainOf[n])).size;
      return [counted(count, layout.levels[level]?.name ?? '')];
    });
    const members = Math.max(...own.map((draft) => draft.members.length));
    const isOne = domains.length === 0 && nodes.length === 1;
    const where =
      nodes.length === 0 ? 'no node is' : `${[...domains, counted(nodes.length, 'node')].join(' and ')} ${isOne ? 'is' : 'are'}`;
    const pairs = nodes.length === 1 && mirroredMembers(context, own) ? ', although mirrored disks need two' : '';
    return `${service} has ${counted(members, 'member')}, and ${where} open to ${members === 1 ? 'it' : 'them'}${pairs}`;
  });
  return `${parts.join('; ')}.`;
}

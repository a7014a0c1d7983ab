import { mirroringOf } from '../../model/disk-templates/catalogue.ts';
import type { ClusterData } from '../cluster/cluster-data.ts';
import { draftRules, type RuleDraft, ruleKind } from './draft-rules.ts';
import { createLayout, type Layout } from './layout.ts';
import { resolveMembers } from './resolve-members.ts';
import type { Service } from './service.ts';
import type { Topology } from './topology.ts';

/** Topology and services with all names resolved for a cluster. */
export interface RulePlan {
  readonly layout: Layout;
  /** Positions of instances by the name of their service. */
  readonly members: ReadonlyMap<string, Int32Array>;
  /** Only rules that can be broken at all. */
  readonly drafts: readonly RuleDraft[];
}

/** @throws LOCATION_UNKNOWN, LOCATION_DUPLICATE, LOCATION_CYCLE, LOCATION_NODE_TWICE, LOCATION_INVALID */
export function planRules(cluster: ClusterData, topology: Topology, services: readonly Service[]): RulePlan {
  const layout = createLayout(cluster, topology);
  const members = resolveMembers(cluster, services);
  const drafts = draftRules(layout, members, services).flatMap((draft) => trimmed(draft, cluster));
  return { layout, members, drafts };
}

/** Leaves out what can never be broken, so that it costs nothing. */
function trimmed(draft: RuleDraft, { instances }: ClusterData): RuleDraft[] {
  const { kind, limit, members, others, forbidden } = draft;
  if (kind >= ruleKind.replicasApart) {
    const mirrored = members.filter((i) => mirroringOf(instances[i]?.diskTemplate ?? 'plain') === 'internal');
    return mirrored.length > 0 ? [{ ...draft, members: mirrored }] : [];
  }
  const needed = kind === ruleKind.atMost ? limit + 1 : pairwise.has(kind) ? 2 : 1;
  if (members.length < needed || forbidden?.includes(1) === false) return [];
  if ((kind === ruleKind.atLeast && limit < 2) || (kind === ruleKind.apart && others.length === 0)) return [];
  return [draft];
}

const pairwise: ReadonlySet<number> = new Set([ruleKind.atLeast, ruleKind.together, ruleKind.near]);

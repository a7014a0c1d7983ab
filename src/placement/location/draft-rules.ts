import type { ClusterData } from '../cluster/cluster-data.ts';
import type { Layout } from './layout.ts';
import { unknown } from './layout.ts';
import { placeOfService } from './resolve-members.ts';
import type { LocationRule, Replicas, Service, Spread } from './service.ts';

/** What a rule of the table counts. */
export const ruleKind = {
  /** Members in a domain beyond the limit. */
  atMost: 0,
  /** Members in domains without the other service. */
  needs: 1,
  /** Members in domains with the other service, or those of the other, whichever are fewer. */
  apart: 2,
  /** Domains too few, of those that the members could be in. */
  atLeast: 3,
  /** How far the fullest and the emptiest domain are apart beyond the limit. */
  skew: 4,
  /** Members outside of the domain with most. */
  together: 5,
  /** Pairs further apart than the limit. */
  near: 6,
  /** Nodes of members, primary or secondary, where they must not be. */
  area: 7,
  /** The same for primary nodes alone. */
  primaryArea: 8,
  /** Mirrored members with both nodes in one domain. */
  replicasApart: 9,
  /** Mirrored members with nodes in two domains. */
  replicasWithin: 10,
  /** Mirrored members with nodes further apart than the limit. */
  replicasNear: 11,
} as const;

export type RuleKind = (typeof ruleKind)[keyof typeof ruleKind];

/** One countable rule. What an operator writes as one may be several of these. */
export interface RuleDraft {
  readonly kind: RuleKind;
  /** E.g. `web: at most 1 per rack`. */
  readonly name: string;
  readonly service: string;
  /** 0: hard. */
  readonly weight: number;
  /** Position of the level; -1 where none matters. */
  readonly level: number;
  readonly limit: number;
  readonly members: Int32Array;
  /** Members of the other service; empty where there is none. */
  readonly others: Int32Array;
  /** By node, 1: nothing of the rule's members may be there. */
  readonly forbidden?: Uint8Array | undefined;
  readonly at: string;
}

interface Context {
  readonly layout: Layout;
  readonly members: ReadonlyMap<string, Int32Array>;
  readonly service: Service;
  readonly rule: LocationRule;
  readonly at: string;
}

type Terms = Partial<Pick<RuleDraft, 'limit' | 'others' | 'forbidden'>> & { readonly level?: string };

/** @throws LOCATION_UNKNOWN */
export function draftRules(layout: Layout, members: ReadonlyMap<string, Int32Array>, services: readonly Service[]): RuleDraft[] {
  return services.flatMap((service) =>
    service.rules.flatMap((rule) => draftRule({ layout, members, service, rule, at: rule.at ?? placeOfService(service) })),
  );
}

type RuleOf<K> = Extract<LocationRule, { readonly kind: K }>;

const drafters: { readonly [K in LocationRule['kind']]: (context: Context, rule: RuleOf<K>) => RuleDraft[] } = {
  spread: draftSpread,
  together: (context, { level }) => [draft(context, ruleKind.together, `together in one ${level}`, { level })],
  near: (context, { latency }) => [draft(context, ruleKind.near, `within ${latency} ms of each other`, { limit: latency })],
  needs: (context, { service, level }) => [
    draft(context, ruleKind.needs, `needs ${service} in its ${level}`, { level, others: others(context, service) }),
  ],
  apart: (context, { service, level }) => [
    draft(context, ruleKind.apart, `no ${level} shared with ${service}`, { level, others: others(context, service) }),
  ],
  pinned: (context, { domains }) => [
    draft(context, ruleKind.area, `only in ${domains.join(', ')}`, { forbidden: area(context, domains, 0) }),
  ],
  keptOut: (context, { domains }) => [
    draft(context, ruleKind.area, `not in ${domains.join(', ')}`, { forbidden: area(context, domains, 1) }),
  ],
  desired: (context, { domains }) => [
    draft(context, ruleKind.primaryArea, `desired in ${domains.join(', ')}`, { forbidden: area(context, domains, 0) }),
  ],
  replicas: draftReplicas,
  survive: draftSurvival,
  migration: () => [],
};

const draftRule = (context: Context): RuleDraft[] =>
  (drafters[context.rule.kind] as (context: Context, rule: LocationRule) => RuleDraft[])(context, context.rule);

function draftSpread(context: Context, { level, atMost, atLeast, skew }: Spread): RuleDraft[] {
  const drafts: RuleDraft[] = [];
  if (atMost !== undefined) drafts.push(draft(context, ruleKind.atMost, `at most ${atMost} per ${level}`, { level, limit: atMost }));
  if (atLeast !== undefined) drafts.push(draft(context, ruleKind.atLeast, `in at least ${atLeast} ${level}s`, { level, limit: atLeast }));
  if (skew !== undefined) drafts.push(draft(context, ruleKind.skew, `even over ${level}s within ${skew}`, { level, limit: skew }));
  return drafts;
}

function draftReplicas(context: Context, { apart, within, latency }: Replicas): RuleDraft[] {
  const drafts: RuleDraft[] = [];
  if (apart !== undefined) drafts.push(draft(context, ruleKind.replicasApart, `replicas in different ${apart}s`, { level: apart }));
  if (within !== undefined) drafts.push(draft(context, ruleKind.replicasWithin, `replicas in one ${within}`, { level: within }));
  if (latency !== undefined) drafts.push(draft(context, ruleKind.replicasNear, `replicas within ${latency} ms`, { limit: latency }));
  return drafts;
}

function draftSurvival(context: Context, { level }: RuleOf<'survive'>): RuleDraft[] {
  const { service, members } = context;
  const drafts = [draft(context, ruleKind.replicasApart, `survives a ${level}: replicas in different ones`, { level })];
  if (service.minimumAlive !== undefined) {
    // One member may always be placed; otherwise the first member of a new service could never be placed.
    const spare = Math.max(1, (members.get(service.name)?.length ?? 0) - service.minimumAlive);
    drafts.push(draft(context, ruleKind.atMost, `survives a ${level}: at most ${spare} in one`, { level, limit: spare }));
  }
  return drafts;
}

function draft({ layout, members, service, rule, at }: Context, kind: RuleKind, terms: string, more: Terms): RuleDraft {
  return {
    kind,
    name: `${service.name}: ${terms}`,
    service: service.name,
    weight: rule.weight ?? 0,
    level: more.level === undefined ? -1 : layout.level(more.level, at),
    limit: more.limit ?? 0,
    members: members.get(service.name) ?? new Int32Array(0),
    others: more.others ?? new Int32Array(0),
    forbidden: more.forbidden,
    at,
  };
}

const others = ({ members, at }: Context, service: string): Int32Array =>
  members.get(service) ?? unknown('service', service, [...members.keys()], at);

/** By node: `inside` for those in one of the domains, else the opposite. */
function area({ layout, at }: Context, domains: readonly string[], inside: 0 | 1): Uint8Array {
  const forbidden = new Uint8Array(layout.nodeCount).fill(1 - inside);
  for (const name of domains) {
    layout.nodesOf(name, at).forEach((within, n) => {
      if (within === 1) forbidden[n] = inside;
    });
  }
  return forbidden;
}

/** The level within which an instance may migrate, by rule. */
export interface MigrationRule {
  readonly name: string;
  readonly level: number;
  readonly members: Int32Array;
}

export function migrationRules(layout: Layout, members: ReadonlyMap<string, Int32Array>, services: readonly Service[]): MigrationRule[] {
  return services.flatMap((service) =>
    service.rules.flatMap((rule) => {
      if (rule.kind !== 'migration') return [];
      const level = layout.level(rule.level, rule.at ?? placeOfService(service));
      return [
        { name: `${service.name}: migrates within one ${rule.level}`, level, members: members.get(service.name) ?? new Int32Array(0) },
      ];
    }),
  );
}

/** Nodes that can take instances. */
export const usableNodes = ({ nodes }: ClusterData): Uint8Array => Uint8Array.from(nodes, ({ offline }) => (offline ? 0 : 1));

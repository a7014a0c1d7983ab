import type { Topology } from './topology.ts';

/** Instances that do one job together, and the rules for where they go. */
export interface Service {
  /** Unique. */
  readonly name: string;
  readonly members: readonly MemberSelector[];
  /** So many members must be alive for the service to work. */
  readonly minimumAlive?: number | undefined;
  readonly rules: readonly LocationRule[];
  readonly at?: string | undefined;
}

/** An instance by its name (whole, or up to a dot), instances by a glob, or by one of their tags (a glob, too). */
export type MemberSelector = string | { readonly tag: string };

/** Hard without a weight; with one, each unit of excess costs so much. */
export type LocationRule = RuleTerms & {
  readonly weight?: number | undefined;
  readonly at?: string | undefined;
};

export type RuleTerms =
  | Spread
  /** All members share one domain of the level. */
  | { readonly kind: 'together'; readonly level: string }
  /** No two members are further than this from each other, in milliseconds. */
  | { readonly kind: 'near'; readonly latency: number }
  /** Each member has a member of the other service in its own domain of the level. */
  | { readonly kind: 'needs'; readonly service: string; readonly level: string }
  /** No domain of the level has members of both services. */
  | { readonly kind: 'apart'; readonly service: string; readonly level: string }
  /** Every node of a member, primary and secondary, is in one of these domains, node groups or nodes. */
  | { readonly kind: 'pinned'; readonly domains: readonly string[] }
  /** None is. */
  | { readonly kind: 'keptOut'; readonly domains: readonly string[] }
  /** Members run in one of these; their secondary nodes may be anywhere. */
  | { readonly kind: 'desired'; readonly domains: readonly string[] }
  | Replicas
  /** Members migrate only within a domain of the level. Always hard. */
  | { readonly kind: 'migration'; readonly level: string }
  /**
   * The loss of any one domain of the level leaves the service working: replicas of a member are in two of them, and no more
   * members run in one than the service can spare.
   */
  | { readonly kind: 'survive'; readonly level: string };

/** How members are spread over the domains of a level; at least one of the numbers is there. */
export interface Spread {
  readonly kind: 'spread';
  readonly level: string;
  /** Members in one domain. */
  readonly atMost?: number | undefined;
  /** Domains with members; fewer members than this must at least be in different ones. */
  readonly atLeast?: number | undefined;
  /** Difference between the fullest and the emptiest domain that members may be in. */
  readonly skew?: number | undefined;
}

/** How the primary and the secondary node of a mirrored member lie to each other. */
export interface Replicas {
  readonly kind: 'replicas';
  /** In different domains of this level (`group`: in different node groups). */
  readonly apart?: string | undefined;
  /** In the same domain of this level. */
  readonly within?: string | undefined;
  /** At most so many milliseconds apart. */
  readonly latency?: number | undefined;
}

/** Everything a location file says. */
export interface Location {
  readonly topology: Topology;
  readonly services: readonly Service[];
}

/**
 * Where nodes stand and what connects them, as an operator describes it. Domains form trees; a domain names its parent. A
 * node may be in several domains, of different levels (a rack and a power feed, say). Two levels are always there and
 * need no domains: `group` (node groups) and `node`.
 *
 * `at` of any part says where it was read (`location.yaml:12`), for messages.
 */
export interface Topology {
  /** Names of the levels, from the widest to the narrowest. */
  readonly levels: readonly string[];
  readonly domains: readonly Domain[];
  readonly links: readonly Link[];
  readonly migration: readonly MigrationTerms[];
}

/** What can fail as a whole: a site, a room, a rack, a chassis, a power feed. */
export interface Domain {
  /** Unique among all domains. */
  readonly name: string;
  readonly level: string;
  /** Name of the domain around it. */
  readonly parent?: string | undefined;
  /** Names or globs of nodes that stand in it, beside those in its inner domains. */
  readonly nodes: readonly string[];
  readonly at?: string | undefined;
}

/**
 * Connects two domains, two node groups, or a domain with one around it (its uplink). Hard unless it has a weight: mirrored
 * disks must not write more than the link can carry.
 */
export interface Link {
  /** Names of domains or node groups. */
  readonly between: readonly [string, string];
  /** Milliseconds in one direction. 0 when not said. */
  readonly latency?: number | undefined;
  /** Mbit/s. Unlimited when not said. */
  readonly bandwidth?: number | undefined;
  /** Mbit/s that other traffic uses. */
  readonly load?: number | undefined;
  readonly weight?: number | undefined;
  readonly at?: string | undefined;
}

/** A running instance may migrate from a node to another only if the other offers everything that the first one needs. */
export interface MigrationTerms {
  /** Names or globs. */
  readonly nodes: readonly string[];
  readonly needs: readonly string[];
  readonly offers: readonly string[];
  readonly at?: string | undefined;
}

/** Levels that every topology has. */
export const groupLevel = 'group';
export const nodeLevel = 'node';

export const emptyTopology: Topology = { levels: [], domains: [], links: [], migration: [] };

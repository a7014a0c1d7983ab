import type { PreparedCluster } from '../cluster/prepare-cluster.ts';
import type { Location, LocationRule, Service } from './service.ts';
import { type Domain, type MigrationTerms, nodeLevel, type Topology } from './topology.ts';

/**
 * What Ganeti's tags say about location, as the same topology and services that a location file gives. Each prefix of
 * location tags (`htools:nlocation:power`) is a level and each tag of nodes (`power:a`) a domain; each exclusion tag is a
 * service with at most one member per node (hard) and per domain (a wish); mirrored instances wish for replicas in different
 * domains; desired locations and migration tags are what they are called.
 * Source: Ganeti's hbal(1) on tags.
 */
export function locationFromTags(cluster: PreparedCluster): Location {
  const { levels, domains } = domainsOf(cluster);
  const topology: Topology = { levels, domains, links: [], migration: migrationOf(cluster) };
  return { topology, services: [...exclusions(cluster, levels), ...mirrored(levels), ...desires(cluster, domains)] };
}

/** Both together, such as a file and tags. Levels of the second that the first has too get a name of their own. */
export function mergeLocations(one: Location, other: Location): Location {
  const taken = new Set(one.topology.levels);
  const renamed = (level: string) => (taken.has(level) ? `${level} (tags)` : level);
  const { levels, domains, links, migration } = other.topology;
  return {
    topology: {
      levels: [...one.topology.levels, ...levels.map(renamed)],
      domains: [...one.topology.domains, ...domains.map((domain) => ({ ...domain, level: renamed(domain.level) }))],
      links: [...one.topology.links, ...links],
      migration: [...one.topology.migration, ...migration],
    },
    services: [
      ...one.services,
      ...other.services.map((service) => ({ ...service, rules: service.rules.map((rule) => renameLevels(rule, renamed)) })),
    ],
  };
}

/** Without soft rules: those of tags are already part of Ganeti's score and must not count twice. */
export function hardRulesOf({ topology, services }: Location): Location {
  const hard = services.map((service) => ({ ...service, rules: service.rules.filter(({ weight }) => weight === undefined) }));
  return { topology, services: hard.filter(({ rules }) => rules.length > 0) };
}

function renameLevels(rule: LocationRule, renamed: (level: string) => string): LocationRule {
  if (rule.kind === 'replicas') {
    const { apart, within } = rule;
    return { ...rule, apart: apart && renamed(apart), within: within && renamed(within) };
  }
  return 'level' in rule ? { ...rule, level: renamed(rule.level) } : rule;
}

/** A node may have several tags of one prefix; then the prefix becomes several levels, each with one of them at most. */
function domainsOf({ nodes }: PreparedCluster): { levels: string[]; domains: Domain[] } {
  const prefixOf = (tag: string) => tag.slice(0, tag.indexOf(':'));
  const tags = [...new Set(nodes.flatMap(({ locationTags }) => locationTags))].sort();
  const levels: string[] = [];
  const levelOf = new Map<string, string>();
  for (const tag of tags) {
    const beside = new Set(nodes.filter(({ locationTags }) => locationTags.includes(tag)).flatMap(({ locationTags }) => locationTags));
    const taken = new Set([...beside].map((other) => levelOf.get(other)));
    let level = prefixOf(tag);
    for (let k = 2; taken.has(level); k++) level = `${prefixOf(tag)} ${k}`;
    levelOf.set(tag, level);
    if (!levels.includes(level)) levels.push(level);
  }
  const domains = tags.map((tag) => ({
    name: tag,
    level: levelOf.get(tag) as string,
    nodes: nodes.filter(({ locationTags }) => locationTags.includes(tag)).map(({ name }) => name),
    at: `tag ${tag}`,
  }));
  return { levels, domains };
}

function migrationOf({ nodes }: PreparedCluster): MigrationTerms[] {
  return nodes.flatMap(({ name, migrationTags, receivedMigrationTags }) =>
    migrationTags.length + receivedMigrationTags.length === 0
      ? []
      : [{ nodes: [name], needs: migrationTags, offers: receivedMigrationTags }],
  );
}

const byTag = ({ instances }: PreparedCluster, kind: 'exclusionTags' | 'desiredLocationTags'): [string, string[]][] => {
  const tags = [...new Set(instances.flatMap((instance) => instance[kind]))].sort();
  return tags.map((tag) => [tag, instances.filter((instance) => instance[kind].includes(tag)).map(({ name }) => name)]);
};

function exclusions(cluster: PreparedCluster, levels: readonly string[]): Service[] {
  return byTag(cluster, 'exclusionTags').map(([tag, members]) => ({
    name: `tag ${tag}`,
    at: `tag ${tag}`,
    members,
    rules: [
      { kind: 'spread', level: nodeLevel, atMost: 1 },
      ...levels.map((level): LocationRule => ({ kind: 'spread', level, atMost: 1, weight: 1 })),
    ],
  }));
}

function mirrored(levels: readonly string[]): Service[] {
  if (levels.length === 0) return [];
  const rules = levels.map((level): LocationRule => ({ kind: 'replicas', apart: level, weight: 1 }));
  return [{ name: 'mirrored instances', at: 'tags htools:nlocation', members: ['*'], rules }];
}

/** A desired location that no node has makes no difference between placements. */
function desires(cluster: PreparedCluster, domains: readonly Domain[]): Service[] {
  return byTag(cluster, 'desiredLocationTags')
    .filter(([tag]) => domains.some(({ name }) => name === tag))
    .map(([tag, members]) => ({
      name: `desire ${tag}`,
      at: `tag ${tag}`,
      members,
      rules: [{ kind: 'desired', domains: [tag], weight: 1 }],
    }));
}

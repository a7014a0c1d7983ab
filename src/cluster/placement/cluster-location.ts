import type { Location, LocationRule, MemberSelector, PreparedCluster } from '../../placement/index.ts';
import {
  compileRules,
  hardRulesOf,
  locationFromTags,
  lookupName,
  mergeLocations,
  prepareCluster,
  refuseConflict,
} from '../../placement/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { LiveState } from '../live-state.ts';
import type { RulesOf } from './allocator-keeper.ts';
import { configuredCluster } from './configured-cluster.ts';

/** What messages call the description that `gantry cluster modify --location` stored. */
const clusterLocationName = 'location of the cluster';

/**
 * Rules for placing, from the location description that the cluster has. Tags alone need none: the engine knows their hard
 * rules, and its score their wishes.
 */
export class ClusterLocation {
  #text: string | undefined;
  #rules: RulesOf;

  /** The same function as long as the text is the same. @throws LOCATION_SYNTAX, LOCATION_INVALID */
  async rulesOf(text: string | undefined): Promise<RulesOf> {
    if (text !== this.#text) {
      this.#rules = text ? rulesFor(await parseClusterLocation(text)) : undefined;
      this.#text = text;
    }
    return this.#rules;
  }
}

/** @throws LOCATION_SYNTAX, LOCATION_INVALID */
async function parseClusterLocation(text: string): Promise<Location> {
  // The YAML parser is loaded only when there is something to parse.
  const { parseLocation } = await import('../../htools/index.ts');
  return parseLocation(text, clusterLocationName);
}

/**
 * Checks a description before it is stored: what it names is there, and its hard rules can hold together.
 * @throws LOCATION_SYNTAX, LOCATION_INVALID, LOCATION_UNKNOWN, LOCATION_DUPLICATE, LOCATION_CYCLE, LOCATION_NODE_TWICE, LOCATION_CONFLICT
 */
export async function checkClusterLocation(config: ConfigSnapshot, live: LiveState, text: string): Promise<void> {
  const described = await parseClusterLocation(text);
  const { data } = configuredCluster(config, live);
  // While instances move, services seem to have more members than they have.
  const cluster = prepareCluster({ ...data, instances: data.instances.filter(({ arrivalOf }) => arrivalOf === undefined) });
  const whole = withTags(described, cluster);
  compileRules(cluster, whole.topology, whole.services);
  refuseConflict(cluster, whole);
}

const withTags = (described: Location, cluster: PreparedCluster): Location =>
  mergeLocations(described, hardRulesOf(locationFromTags(cluster)));

const rulesFor =
  (described: Location): RulesOf =>
  (cluster) => {
    const { topology, services } = knownOf(withTags(described, cluster), cluster);
    return compileRules(cluster, topology, services);
  };

/**
 * Without the names of instances, nodes and node groups that are there no more. That they were there was checked when the
 * description was stored; a removed one must not stop every creation. A service whose every place is gone has no place.
 */
function knownOf({ topology, services }: Location, { nodes, groups, instances }: PreparedCluster): Location {
  const nodeNames = nodes.map(({ name }) => name);
  const isNode = isAmong(nodeNames);
  const isInstance = isAmong(instances.map(({ name }) => name));
  const places = [nodeNames, groups.map(({ name }) => name), topology.domains.map(({ name }) => name)].map(isAmong);
  const isPlace = (wanted: string) => places.some((isKnown) => isKnown(wanted));
  return {
    topology: {
      ...topology,
      domains: topology.domains.map((domain) => ({ ...domain, nodes: domain.nodes.filter(isNode) })),
      links: topology.links.filter(({ between }) => between.every(isPlace)),
      migration: topology.migration.map((terms) => ({ ...terms, nodes: terms.nodes.filter(isNode) })),
    },
    services: services.map((service) => ({
      ...service,
      members: service.members.filter(isInstance),
      rules: service.rules.flatMap((rule) => knownRule(rule, isPlace)),
    })),
  };
}

const isAmong = (names: readonly string[]) => (wanted: MemberSelector) =>
  typeof wanted !== 'string' || /[*?]/.test(wanted) || lookupName(names, wanted) !== undefined;

function knownRule(rule: LocationRule, isPlace: (name: string) => boolean): LocationRule[] {
  if (rule.kind !== 'pinned' && rule.kind !== 'keptOut' && rule.kind !== 'desired') return [rule];
  const domains = rule.domains.filter(isPlace);
  return rule.kind === 'keptOut' && domains.length === 0 ? [] : [{ ...rule, domains }];
}

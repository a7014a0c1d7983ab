import { GantryError } from '../../base/index.ts';
import { supportsMoves } from '../../model/disk-templates/catalogue.ts';
import type { ClusterData, DynamicLoad, InstanceData, NodeData } from './cluster-data.ts';
import { lookupName } from './lookup-name.ts';
import { wattsOfTags } from './watts-tag.ts';

/** Cluster data with everything derived that the engine works with. Positions are those of the data. */
export interface PreparedCluster extends ClusterData {
  readonly nodes: readonly PreparedNode[];
  readonly instances: readonly PreparedInstance[];
  /** What all names end with, from a dot on; cut off in aliases. */
  readonly commonSuffix: string;
}

export interface PreparedNode extends NodeData {
  readonly alias: string;
  /** Tags that name the failure domains it is in. */
  readonly locationTags: readonly string[];
  readonly migrationTags: readonly string[];
  /** Migration tags of sources that it takes instances from. */
  readonly receivedMigrationTags: readonly string[];
}

export interface PreparedInstance extends InstanceData {
  readonly alias: string;
  /** Instances that share one of these must not have the same primary node. */
  readonly exclusionTags: readonly string[];
  readonly desiredLocationTags: readonly string[];
  readonly movable: boolean;
}

export interface PrepareOptions {
  /** Load by name of the instance; unknown names are ignored. */
  readonly utilisation?: ReadonlyMap<string, DynamicLoad> | undefined;
  /** Prefixes of exclusion tags besides those that the cluster's tags name. */
  readonly exclusionTags?: readonly string[] | undefined;
  /** Only these may move, if there are any; a name up to a dot is enough. */
  readonly selectedInstances?: readonly string[] | undefined;
  /** These must not move. */
  readonly excludedInstances?: readonly string[] | undefined;
}

/** Source: Ganeti's htools(1) and hbal(1) on tags and names. @throws PLACEMENT_INSTANCES_UNKNOWN */
export function prepareCluster(data: ClusterData, options: PrepareOptions = {}): PreparedCluster {
  const names = data.instances.map(({ name }) => name);
  const selected = resolveNames(names, options.selectedInstances ?? []);
  const excluded = resolveNames(names, options.excludedInstances ?? []);
  const commonSuffix = longestDomain([...data.nodes.map(({ name }) => name), ...names]);
  const alias = (name: string) => name.slice(0, name.length - commonSuffix.length);
  const exclusionPrefixes = [...(options.exclusionTags ?? []), ...stripped(data.tags, 'htools:iextags:')];
  const desiredPrefixes = stripped(data.tags, 'htools:desiredlocation:');
  const nodes = data.nodes.map((node) => prepareNode(node, alias(node.name), data.tags));
  const instances = data.instances.map((instance): PreparedInstance => {
    const { name, primary, secondary, diskTemplate, tags } = instance;
    const split = secondary >= 0 && data.nodes[primary]?.group !== data.nodes[secondary]?.group;
    const kept = excluded.has(name) || (selected.size > 0 && !selected.has(name)) || split || instance.movable === false;
    return {
      ...instance,
      alias: alias(name),
      load: options.utilisation?.get(name) ?? instance.load,
      exclusionTags: tags.filter((tag) => exclusionPrefixes.some((prefix) => tag.startsWith(prefix))),
      desiredLocationTags: tags.filter((tag) => desiredPrefixes.some((prefix) => tag.startsWith(prefix))),
      movable: supportsMoves(diskTemplate) && !kept,
    };
  });
  return { ...data, nodes, instances, commonSuffix };
}

function prepareNode(node: NodeData, alias: string, clusterTags: readonly string[]): PreparedNode {
  const migrationTags = tagsOf('htools:migration:', clusterTags, node.tags);
  const allowed = stripped(clusterTags, 'htools:allowmigration:').flatMap((pair) => {
    const [from, to, more] = pair.split('::');
    return from !== undefined && to !== undefined && more === undefined ? [{ from, to }] : [];
  });
  const received = migrationTags.flatMap((tag) => [tag, ...allowed.filter(({ to }) => to === tag).map(({ from }) => from)]);
  return {
    ...node,
    alias,
    power: node.power ?? wattsOfTags(node.tags),
    locationTags: tagsOf('htools:nlocation:', clusterTags, node.tags),
    migrationTags,
    receivedMigrationTags: [...new Set(received)],
  };
}

/** The tags of a node that begin with what a cluster tag names behind `prefix`, and a colon. */
function tagsOf(prefix: string, clusterTags: readonly string[], tags: readonly string[]): string[] {
  const kinds = clusterTags.filter((tag) => tag.startsWith(prefix)).map((tag) => `${tag.slice(prefix.length)}:`);
  return [...new Set(kinds.flatMap((kind) => tags.filter((tag) => tag.startsWith(kind))))].sort();
}

const stripped = (tags: readonly string[], prefix: string): string[] =>
  tags.filter((tag) => tag.startsWith(prefix) && tag.length > prefix.length).map((tag) => tag.slice(prefix.length));

function resolveNames(names: readonly string[], wanted: readonly string[]): ReadonlySet<string> {
  const found = wanted.map((name) => ({ name, match: lookupName(names, name) }));
  const unknown = found.filter(({ match }) => match === undefined).map(({ name }) => name);
  if (unknown.length > 0) throw new GantryError('PLACEMENT_INSTANCES_UNKNOWN', { names: unknown.join(', ') });
  return new Set(found.map(({ match }) => match as string));
}

/** The longest common ending that begins with a dot. */
function longestDomain(names: readonly string[]): string {
  const [first, ...rest] = names;
  if (first === undefined) return '';
  for (let dot = first.indexOf('.'); dot >= 0; dot = first.indexOf('.', dot + 1)) {
    const suffix = first.slice(dot);
    if (rest.every((name) => name.endsWith(suffix))) return suffix;
  }
  return '';
}

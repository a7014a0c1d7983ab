import type { Instance, Job, Network, Node, NodeGroup } from '../../model/index.ts';
import type { Collection, ConfigSnapshot } from '../../store/index.ts';
import { principalOfJob } from '../job-principal.ts';
import type { Principal } from '../principal.ts';

/** What a request or an opcode is about: a kind (`instance`, `node`, `job`, …) and a name or UUID as the user gave it. */
export interface NamedObject {
  readonly kind: string;
  /** `*` for all of the kind. */
  readonly name: string;
}

/** A named object as the configuration has it now. */
export interface ResolvedObject {
  readonly kind: string;
  /** Its name; as the user gave it where there is no such object (yet). */
  readonly name: string;
  /** Absent: there is no such object (yet). A job has none. */
  readonly uuid?: string;
  readonly tags: readonly string[];
  /** Node group of a node, or of the primary node of an instance. */
  readonly group?: { readonly uuid: string; readonly name: string };
  /** Who owns it: two schemes may give the same name to different people. Only jobs have one. */
  readonly owner?: Pick<Principal, 'name' | 'scheme'>;
}

/** Where named objects are looked up. */
export interface ObjectSource {
  readonly config: ConfigSnapshot;
  /** A job that is not archived. */
  readonly job: (id: number) => Pick<Job, 'user' | 'principal'> | undefined;
}

const none: readonly string[] = [];

const ownerOf = (job: Pick<Job, 'user' | 'principal'>) => {
  const { name, scheme } = principalOfJob(job);
  return { name, scheme };
};

/** Finds an object as operations do: by name, in any case, or UUID. */
export function resolveObject({ kind, name }: NamedObject, { config, job }: ObjectSource): ResolvedObject {
  if (kind === 'job') {
    const found = /^\d{1,15}$/.test(name) ? job(Number(name)) : undefined;
    return { kind, name, tags: none, ...(found && { owner: ownerOf(found) }) };
  }
  if (kind === 'cluster') return { kind, name: config.cluster.cluster_name, uuid: config.cluster.uuid, tags: config.cluster.tags };
  const found = resolveConfigured(kind, name, config);
  return found ?? { kind, name, tags: none };
}

/** Whether an object was found. */
export const isThere = ({ uuid, owner }: ResolvedObject): boolean => uuid !== undefined || owner !== undefined;

/** All objects of a kind, for its names. */
export function configuredObjects(kind: string, { config }: ObjectSource): readonly ResolvedObject[] {
  if (!isConfigured(kind)) return [];
  return Array.from(collections(config)[kind].values(), (object) => configured(kind, object, config));
}

const collections = (config: ConfigSnapshot): Readonly<Record<ConfiguredKind, Collection<Configured>>> => ({
  instance: config.instances,
  node: config.nodes,
  group: config.groups,
  network: config.networks,
});

function resolveConfigured(kind: string, name: string, config: ConfigSnapshot): ResolvedObject | undefined {
  const found = isConfigured(kind) ? collections(config)[kind].find(name) : undefined;
  return found && configured(kind, found, config);
}

type ConfiguredKind = 'instance' | 'node' | 'group' | 'network';
const isConfigured = (kind: string): kind is ConfiguredKind =>
  kind === 'instance' || kind === 'node' || kind === 'group' || kind === 'network';

type Configured = Pick<Instance | Node | NodeGroup | Network, 'name' | 'uuid' | 'tags'>;

function configured(kind: string, object: Configured, config: ConfigSnapshot): ResolvedObject {
  const { name, uuid, tags } = object;
  const group = config.groups.get(groupOf(kind, object, config) ?? '');
  return { kind, name, uuid, tags, ...(group && { group: { uuid: group.uuid, name: group.name } }) };
}

function groupOf(kind: string, object: Configured, config: ConfigSnapshot): string | undefined {
  if (kind === 'node') return (object as Node).group;
  return kind === 'instance' ? config.nodes.get((object as Instance).primary_node)?.group : undefined;
}

/** What a row of a list is about; undefined where it is about no object. */
export function objectOfRow(kind: string, row: unknown, { config, job }: ObjectSource): ResolvedObject | undefined {
  if (isConfigured(kind)) return configured(kind, row as Configured, config);
  // Backups are told by node.
  if (kind === 'export') return configured('node', row as Node, config);
  if (kind === 'job') return { kind, name: String((row as Job).id), tags: none, owner: ownerOf(row as Job) };
  if (kind === 'cluster') return resolveObject({ kind, name: 'cluster' }, { config, job });
  if (kind !== 'lock') return undefined;
  const [level = '', ...name] = (row as { name: string }).name.split('/');
  return level === 'allocation'
    ? undefined
    : resolveObject({ kind: level === 'sending' ? 'node' : level, name: name.join('/') }, { config, job });
}

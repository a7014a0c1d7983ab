import type { Job } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { principalOfJob } from '../job-principal.ts';

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
  /** Name of the principal that owns it; only jobs have one. */
  readonly owner?: string;
}

/** Where named objects are looked up. */
export interface ObjectSource {
  readonly config: ConfigSnapshot;
  /** A job that is not archived. */
  readonly job: (id: number) => Pick<Job, 'user' | 'principal'> | undefined;
}

const none: readonly string[] = [];

/** Finds an object as operations do: by name, in any case, or UUID. */
export function resolveObject({ kind, name }: NamedObject, { config, job }: ObjectSource): ResolvedObject {
  if (kind === 'job') {
    const found = /^\d{1,15}$/.test(name) ? job(Number(name)) : undefined;
    return { kind, name, tags: none, ...(found && { owner: principalOfJob(found).name }) };
  }
  if (kind === 'cluster') return { kind, name: config.cluster.cluster_name, uuid: config.cluster.uuid, tags: config.cluster.tags };
  const found = resolveConfigured(kind, name, config);
  return found ?? { kind, name, tags: none };
}

function resolveConfigured(kind: string, name: string, config: ConfigSnapshot): ResolvedObject | undefined {
  if (kind === 'instance') {
    const found = config.instances.find(name);
    return found && { ...plain(kind, found), ...inGroup(config, config.nodes.get(found.primary_node)?.group) };
  }
  if (kind === 'node') {
    const found = config.nodes.find(name);
    return found && { ...plain(kind, found), ...inGroup(config, found.group) };
  }
  const found = kind === 'group' ? config.groups.find(name) : kind === 'network' ? config.networks.find(name) : undefined;
  return found && plain(kind, found);
}

const plain = (kind: string, { name, uuid, tags }: { name: string; uuid: string; tags: readonly string[] }): ResolvedObject => ({
  kind,
  name,
  uuid,
  tags,
});

function inGroup(config: ConfigSnapshot, uuid: string | undefined): Pick<ResolvedObject, 'group'> {
  const group = uuid === undefined ? undefined : config.groups.get(uuid);
  return group ? { group: { uuid: group.uuid, name: group.name } } : {};
}

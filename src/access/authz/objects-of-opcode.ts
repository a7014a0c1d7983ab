import { NewName, type OpcodeDefinition } from '../../model/index.ts';
import type { NamedObject } from './resolve-object.ts';

type Params = Readonly<Record<string, unknown>>;

/** Parameters that name objects, in whatever opcode, with the kind of these. */
export const namingParameters: Readonly<Record<string, string>> = {
  instance_name: 'instance',
  node_name: 'node',
  pnode: 'node',
  target_node: 'node',
  remote_node: 'node',
  nodes: 'node',
  on_nodes: 'node',
  group_name: 'group',
  group: 'group',
  network_name: 'network',
};

/** Locks that are no objects. */
const noObjects = new Set(['allocation']);

/**
 * The objects that an opcode is about: what it touches, and then what else its parameters name. A user must not get at an
 * object by an opcode that does not lock it, so `no_locks` hides nothing.
 */
export function objectsOfOpcode(definition: Pick<OpcodeDefinition, 'touches'>, params: Params): NamedObject[] {
  const objects = new Map<string, NamedObject>();
  const add = (kind: string, name: unknown) => {
    if (typeof name === 'string' && !noObjects.has(kind)) objects.set(`${kind} ${name}`, { kind, name });
  };
  for (const { kind, name } of definition.touches({ ...params, no_locks: false })) add(kind === 'sending' ? 'node' : kind, name);
  for (const [param, kind] of Object.entries(namingParameters)) for (const name of [params[param]].flat()) add(kind, name);
  for (const nic of [params['nics']].flat()) add('network', (nic as { network?: unknown } | undefined)?.network);
  return [...objects.values()];
}

/** An object as it is remembered: names are the same in any case. */
export const objectKey = ({ kind, name }: NamedObject): string => `${kind} ${name.toLowerCase()}`;

interface Created {
  /** Objects that the opcode names only to create them. */
  readonly named: ReadonlySet<string>;
  /** All that are there when it is done, and that were perhaps not there before. */
  readonly made: ReadonlySet<string>;
}

/** The objects that an opcode creates, and those that it gives a new name, as `objectKey` writes them. */
export function createdObjects({ ownFields, subject = '' }: Pick<OpcodeDefinition, 'ownFields' | 'subject'>, params: Params): Created {
  const [named, made] = [new Set<string>(), new Set<string>()];
  for (const [param, schema] of Object.entries(ownFields)) {
    const [name, own] = [params[param], namingParameters[param]];
    const kind = own ?? namingParameters[subject];
    if (schema !== NewName || typeof name !== 'string' || kind === undefined) continue;
    made.add(objectKey({ kind, name }));
    // The new name of something says nothing of what has that name now.
    if (own !== undefined) named.add(objectKey({ kind, name }));
  }
  return { named, made };
}

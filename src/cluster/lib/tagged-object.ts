import type { OpcodeParams, opcodes } from '../../model/index.ts';
import type { ConfigSnapshot, ObjectKind } from '../../store/index.ts';
import { findGroup, findInstance, findNetwork, findNode } from './find-object.ts';

/** The object that a tag operation names: kind, UUID, current tags, and a name for messages. */
export function taggedObject(config: ConfigSnapshot, params: Pick<OpcodeParams<typeof opcodes.tagsSet>, 'kind' | 'name'>) {
  const kind = params.kind as ObjectKind;
  if (kind === 'cluster') return { kind, uuid: config.cluster.uuid, tags: config.cluster.tags, subject: 'The cluster' };
  const find = { node: findNode, group: findGroup, network: findNetwork, instance: findInstance }[kind];
  const object = find(config, params.name ?? '');
  return { kind, uuid: object.uuid, tags: object.tags, subject: `${kind} ${object.name}` };
}

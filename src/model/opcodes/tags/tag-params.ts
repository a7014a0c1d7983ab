import { Type } from 'typebox';
import { Tag } from '../../objects/common.ts';
import type { Touch } from '../define-opcode.ts';

const tagKind = Type.Enum(['cluster', 'node', 'group', 'instance', 'network'], {
  description: 'Kind of the tagged object; Ganeti\'s "nodegroup" is taken, too',
});
export const tagParams = {
  kind: tagKind,
  name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  tags: Type.Array(Tag, { minItems: 1 }),
};
export type TagParams = { kind: Touch['kind']; name?: string | null };
export const tagTouches = (params: TagParams): Touch[] => [{ kind: params.kind, name: params.name || 'cluster', mode: 'exclusive' }];

/** Ganeti calls a node group so where it is tagged. */
export const withTagKind = (op: Readonly<Record<string, unknown>>) => (op['kind'] === 'nodegroup' ? { ...op, kind: 'group' } : op);

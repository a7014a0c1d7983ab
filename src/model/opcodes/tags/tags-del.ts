import { Type } from 'typebox';
import { defineOpcode } from '../define-opcode.ts';
import { type TagParams, tagParams, tagTouches, withTagKind } from './tag-params.ts';

export const tagsDel = defineOpcode({
  id: 'OP_TAGS_DEL',
  summary: 'Remove tags from an object',
  params: tagParams,
  result: Type.Null(),
  touches: (params) => tagTouches(params as TagParams),
  dryRun: true,
  permission: 'tags:remove',
  ganeti: { read: withTagKind },
});

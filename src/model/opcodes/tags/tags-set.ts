import { Type } from 'typebox';
import { defineOpcode } from '../define-opcode.ts';
import { type TagParams, tagParams, tagTouches, withTagKind } from './tag-params.ts';

export const tagsSet = defineOpcode({
  id: 'OP_TAGS_SET',
  summary: 'Add tags to an object',
  params: tagParams,
  result: Type.Null(),
  touches: (params) => tagTouches(params as TagParams),
  dryRun: true,
  permission: 'tags:set',
  ganeti: { read: withTagKind },
});

import { defineTagChange } from '../command/tag-change.ts';

export const command = defineTagChange('remove', 'Remove tags from an object', 'OP_TAGS_DEL');

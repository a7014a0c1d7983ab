import { defineTagChange } from '../command/tag-change.ts';

export const command = defineTagChange('add', 'Add tags to an object', 'OP_TAGS_SET');

import { GantryError } from '../../base/index.ts';
import type { NodeData } from './cluster-data.ts';

const prefix = 'htools:watts:';

/** What a node takes, by its one tag `htools:watts:IDLE:BUSY`; undefined without it, and if the tag is invalid. */
export function wattsOfTags(tags: readonly string[]): NodeData['power'] {
  const [tag, more] = tags.filter((each) => each.startsWith(prefix));
  const [, idle, busy] = /^(\d+):(\d+)$/.exec(tag?.slice(prefix.length) ?? '') ?? [];
  if (more !== undefined || busy === undefined || Number(idle) > Number(busy)) return undefined;
  return { idle: Number(idle), busy: Number(busy) };
}

/** For callers that print watts: nothing else depends on these tags. @throws PLACEMENT_WATTS_INVALID */
export function checkWattsTags(nodes: readonly NodeData[]): void {
  for (const { name, tags } of nodes) {
    const tag = tags.find((each) => each.startsWith(prefix));
    if (tag !== undefined && wattsOfTags(tags) === undefined) throw new GantryError('PLACEMENT_WATTS_INVALID', { name, tag });
  }
}

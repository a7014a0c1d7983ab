import { createKeyedMutex } from '../host/index.ts';
import type { NodeHandlers } from '../rpc/index.ts';
import { diskHandlers } from './handlers/disk-handlers.ts';
import { instanceHandlers } from './handlers/instance-handlers.ts';
import { nodeHandlers } from './handlers/node-handlers.ts';
import { osHandlers } from './handlers/os-handlers.ts';
import type { NodeParts } from './node-parts.ts';

/** What a node does for each call. Whatever changes one instance happens one after the other. */
export function createHandlers(parts: NodeParts): NodeHandlers {
  const exclusively = createKeyedMutex();
  return {
    ...nodeHandlers(parts),
    ...osHandlers(parts, exclusively),
    ...diskHandlers(parts, exclusively),
    ...instanceHandlers(parts, exclusively),
  };
}

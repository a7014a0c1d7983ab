import { Name, OptionalUuid } from '../../objects/common.ts';
import { uuidOfNode } from '../uuid-parameter.ts';

/** The parameters that name a node. */
export const nodeName = { node_name: Name, node_uuid: OptionalUuid };

export const nodeArgument = { param: 'node_name', help: 'node', complete: 'node' } as const;

export const nodeUuid = uuidOfNode('node_uuid', 'node_name');

type Params = Readonly<Record<string, unknown>>;

/** A parameter that names an object by its UUID, and the one that names it by name, or by either. */
export interface UuidParameter {
  readonly uuid: string;
  readonly name: string;
  readonly kind: 'instance' | 'node';
}

const ofInstance: UuidParameter = { uuid: 'instance_uuid', name: 'instance_name', kind: 'instance' };
const ofNode = (uuid: string, name: string): UuidParameter => ({ uuid, name, kind: 'node' });
const ownNode = ofNode('node_uuid', 'node_name');
const target = ofNode('target_node_uuid', 'target_node');

/** By opcode. */
export const uuidParameters: Readonly<Record<string, readonly UuidParameter[]>> = {
  OP_INSTANCE_CREATE: [ofNode('pnode_uuid', 'pnode')],
  OP_INSTANCE_REMOVE: [ofInstance],
  OP_INSTANCE_STARTUP: [ofInstance],
  OP_INSTANCE_SHUTDOWN: [ofInstance],
  OP_INSTANCE_REBOOT: [ofInstance],
  OP_INSTANCE_RESUME: [ofInstance],
  OP_INSTANCE_MIGRATE: [ofInstance, target],
  OP_INSTANCE_FAILOVER: [ofInstance, target],
  OP_NODE_SET_PARAMS: [ownNode],
  OP_NODE_EVACUATE: [ownNode, ofNode('remote_node_uuid', 'remote_node')],
  OP_NODE_REMOVE: [ownNode],
  OP_GROUP_ASSIGN_NODES: [ofNode('node_uuids', 'nodes')],
  OP_TEST_DELAY: [ofNode('on_node_uuids', 'on_nodes')],
};

/** Objects that are named by UUID alone are named so where names are: there, either is taken. */
export function withUuidsAsNames(id: string, op: Params): Params {
  const result: Record<string, unknown> = { ...op };
  for (const { uuid, name } of uuidParameters[id] ?? []) {
    if (isAbsent(op[uuid]) || !isAbsent(op[name])) continue;
    result[name] = op[uuid];
    delete result[uuid];
  }
  return result;
}

const isAbsent = (value: unknown) => value === undefined || value === null || (Array.isArray(value) && value.length === 0);

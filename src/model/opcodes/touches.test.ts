import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opcodeCatalogue } from './catalogue.ts';

/** What opcodes touch, as `kind name mode`: locks and permissions follow from it. */
const expected: Readonly<Record<string, readonly [params: object, ...touches: string[]][]>> = {
  OP_INSTANCE_CREATE: [
    [{ instance_name: 'web1' }, 'instance web1 exclusive', 'allocation allocation exclusive'],
    [{ instance_name: 'web1', pnode: 'n1' }, 'instance web1 exclusive', 'allocation allocation exclusive', 'node n1 shared'],
  ],
  OP_INSTANCE_REMOVE: [[{ instance_name: 'web1' }, 'instance web1 exclusive']],
  OP_INSTANCE_STARTUP: [[{ instance_name: 'web1' }, 'instance web1 exclusive']],
  OP_INSTANCE_SHUTDOWN: [[{ instance_name: 'web1' }, 'instance web1 exclusive']],
  OP_INSTANCE_REBOOT: [[{ instance_name: 'web1' }, 'instance web1 exclusive']],
  OP_INSTANCE_RESUME: [[{ instance_name: 'web1' }, 'instance web1 exclusive']],
  OP_INSTANCE_MIGRATE: [
    [{ instance_name: 'web1' }, 'instance web1 exclusive', 'allocation allocation exclusive'],
    [{ instance_name: 'web1', target_node: 'n2' }, 'instance web1 exclusive', 'allocation allocation exclusive', 'node n2 shared'],
  ],
  OP_INSTANCE_FAILOVER: [
    [{ instance_name: 'web1' }, 'instance web1 exclusive', 'allocation allocation exclusive'],
    [{ instance_name: 'web1', target_node: 'n2' }, 'instance web1 exclusive', 'allocation allocation exclusive', 'node n2 shared'],
  ],
  OP_NODE_ADD: [[{ node_name: 'n1' }, 'node n1 exclusive']],
  OP_NODE_SET_PARAMS: [[{ node_name: 'n1' }, 'node n1 exclusive']],
  OP_NODE_EVACUATE: [[{ node_name: 'n1' }, 'allocation allocation exclusive', 'node n1 shared']],
  OP_NODE_REMOVE: [[{ node_name: 'n1' }, 'node n1 exclusive']],
  OP_GROUP_ADD: [[{ group_name: 'g' }, 'group g exclusive']],
  OP_GROUP_SET_PARAMS: [[{ group_name: 'g' }, 'group g exclusive']],
  OP_GROUP_RENAME: [[{ group_name: 'g', new_name: 'h' }, 'group g exclusive']],
  OP_GROUP_ASSIGN_NODES: [[{ group_name: 'g', nodes: ['n1', 'n2'] }, 'group g exclusive', 'node n1 exclusive', 'node n2 exclusive']],
  OP_GROUP_REMOVE: [[{ group_name: 'g' }, 'group g exclusive']],
  OP_NETWORK_ADD: [[{ network_name: 'lan' }, 'network lan exclusive']],
  OP_NETWORK_REMOVE: [[{ network_name: 'lan' }, 'network lan exclusive']],
  OP_NETWORK_CONNECT: [[{ network_name: 'lan', group_name: 'g' }, 'group g shared', 'network lan exclusive']],
  OP_NETWORK_DISCONNECT: [[{ network_name: 'lan', group_name: 'g' }, 'group g shared', 'network lan exclusive']],
  OP_TAGS_SET: [[{ kind: 'node', name: 'n1' }, 'node n1 exclusive']],
  OP_TAGS_DEL: [[{ kind: 'node', name: 'n1' }, 'node n1 exclusive']],
  OP_CLUSTER_SET_PARAMS: [[{}, 'cluster cluster exclusive']],
  OP_CLUSTER_REDIST_CONF: [[{}, 'cluster cluster shared']],
  OP_CLUSTER_VERIFY: [[{}, 'cluster cluster shared']],
  OP_TEST_DELAY: [
    [{}],
    [{ on_nodes: ['n1', 'n2'] }, 'node n1 exclusive', 'node n2 exclusive'],
    [{ on_nodes: ['n1'], no_locks: false }, 'node n1 exclusive'],
    [{ on_nodes: ['n1'], no_locks: true }],
  ],
};

test('every opcode touches exactly what it changes', () => {
  assert.deepEqual(Object.keys(expected).sort(), [...opcodeCatalogue.keys()].sort());
  for (const [id, cases] of Object.entries(expected)) {
    for (const [params, ...touches] of cases) {
      const touched = opcodeCatalogue.get(id)?.touches({ OP_ID: id, ...params }) ?? [];
      assert.deepEqual(
        touched.map(({ kind, name, mode }) => `${kind} ${name} ${mode}`),
        touches,
        `${id} ${JSON.stringify(params)}`,
      );
    }
  }
});

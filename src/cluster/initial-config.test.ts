import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Clock } from '../base/index.ts';
import { type Cluster, keys, type Node, type NodeGroup } from '../model/index.ts';
import type { Store } from '../store/index.ts';
import { writeInitialConfig } from './initial-config.ts';
import { memoryStore } from './testing/memory-store.ts';
import { plainUuid } from './testing/plain-config.ts';

const wanted = {
  ...{ clusterName: 'c.example.com', nodeName: 'n1', address: '192.0.2.1', agentPort: 1811, certificateFingerprint: 'f'.repeat(64) },
  ...{ fileStorageDir: '/srv/file', sharedFileStorageDir: '/srv/shared', macPrefix: 'aa:00:00', enabledHypervisors: ['kvm' as const] },
  ...{ osHvp: { tiny: { kvm: { acpi: false } } }, portRange: [11_000, 11_999] as const },
};
const clock: Clock = { now: () => 5000, sleep: async () => undefined };

it('a new cluster is written with its group and its first node, once', async () => {
  const store = memoryStore();
  let uuids = 0;
  const write = () => writeInitialConfig(store as Store, clock, () => plainUuid(9, ++uuids), wanted);
  assert.equal(await write(), true);
  const { entries } = await store.range('/');
  const read = <T>(key: string) => JSON.parse(entries.find((entry) => entry.key === key)?.value ?? 'null') as T;
  const [group, node, cluster] = [plainUuid(9, 1), plainUuid(9, 2), plainUuid(9, 3)];
  assert.deepEqual(
    entries.map(({ key }) => key).sort(),
    [keys.cluster, keys.group(group), keys.node(node), keys.name('group', 'default'), keys.name('node', 'n1')].sort(),
  );
  assert.deepEqual(
    [await store.get(keys.name('group', 'default')), await store.get(keys.name('node', 'n1'))].map((entry) => entry?.value),
    [group, node],
  );
  const { uuid, ctime, name, alloc_policy } = read<NodeGroup>(keys.group(group));
  assert.deepEqual([uuid, ctime, name, alloc_policy], [group, 5, 'default', 'preferred']);
  const first = read<Node>(keys.node(node));
  assert.deepEqual(
    [first.name, first.group, first.primary_ip, first.secondary_ip, first.agent_port, first.master_candidate],
    ['n1', group, '192.0.2.1', '192.0.2.1', 1811, true],
  );
  const made = read<Cluster>(keys.cluster);
  assert.deepEqual(
    [made.uuid, made.cluster_name, made.master_node, made.mac_prefix, made.port_range, made.os_hvp],
    [cluster, 'c.example.com', node, 'aa:00:00', [11_000, 11_999], wanted.osHvp],
  );
  assert.equal(await write(), false);
  assert.equal((await store.range('/')).revision, 1, 'what is there stays');
});

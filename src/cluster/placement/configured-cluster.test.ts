import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultIpolicy } from '../../model/index.ts';
import { createState, prepareCluster } from '../../placement/index.ts';
import { plainConfig, plainGroup, plainInstance, plainLive, plainNode, plainUuid } from '../testing/plain-config.ts';
import { configuredCluster } from './configured-cluster.ts';

const [first, second, third] = [plainNode(0), plainNode(1, { tags: ['rack:a'] }), plainNode(2, { group: plainUuid(1, 1) })] as const;

test('positions are those of the names, whatever the order in the store', () => {
  const groups = [plainGroup(1, { alloc_policy: 'last_resort' }), plainGroup(0)];
  const instances = [plainInstance(2, 2, 10), plainInstance(1, 0, 10)];
  const { data, nodes, groupAt, nodeAt } = configuredCluster(
    plainConfig({ groups, nodes: [third, second, first], instances }),
    plainLive(),
  );
  assert.deepEqual(
    nodes.map(({ name }) => name),
    ['node0', 'node1', 'node2'],
  );
  assert.deepEqual(
    data.nodes.map(({ name, group, master, tags }) => [name, group, master, tags]),
    [
      ['node0', 0, true, []],
      ['node1', 0, false, ['rack:a']],
      ['node2', 1, false, []],
    ],
  );
  assert.deepEqual(
    data.instances.map(({ name, primary, secondary }) => [name, primary, secondary]),
    [
      ['instance1', 0, -1],
      ['instance2', 2, -1],
    ],
  );
  assert.equal(data.groups[1]?.allocPolicy, 'last_resort');
  assert.equal(nodeAt.get(third.uuid), 2);
  assert.equal(groupAt.get(third.group), 1);
});

test('memory is what is promised to nobody: stopped instances keep theirs, offline ones have none', () => {
  const beparams = { maxmem: 2048 };
  const instances = [
    plainInstance(0, 0, 10, { beparams }),
    plainInstance(1, 0, 10, { beparams, admin_state: 'down' }),
    plainInstance(2, 0, 10, { beparams, admin_state: 'offline' }),
  ];
  const { data } = configuredCluster(plainConfig({ nodes: [first, second], instances }), plainLive());
  assert.equal(data.nodes[0]?.freeMemory, 15 * 1024 - 2 * 2048);
  assert.equal(data.nodes[1]?.freeMemory, 15 * 1024);
  assert.deepEqual(
    data.instances.map(({ status }) => status),
    ['running', 'running', 'ADMIN_offline'],
  );
});

test('memory that a policy promises more than once takes only its part', () => {
  const instances = [plainInstance(0, 0, 10, { beparams: { maxmem: 3072 } })];
  const groups = [plainGroup(0, { ipolicy: { 'memory-ratio': 1.5 } })];
  const { data } = configuredCluster(plainConfig({ groups, nodes: [first], instances }), plainLive());
  assert.equal(data.nodes[0]?.freeMemory, 15 * 1024 - 2048);
  assert.equal(data.groups[0]?.ipolicy.memoryRatio, 1.5);
  const { nodes, instances: columns } = createState(prepareCluster(data));
  assert.deepEqual([nodes.room[0], columns.memory[0]], [1.5 * 15 * 1024, 3072]);
});

test('an instance that moves has room on both nodes', () => {
  const instances = [plainInstance(0, 0, 10, { beparams: { maxmem: 2048 }, moving_to: second.uuid, tags: ['service:web'] })];
  const { data, presences } = configuredCluster(plainConfig({ nodes: [first, second], instances }), plainLive());
  assert.deepEqual(
    data.instances.map(({ name, primary, memory, tags }) => [name, primary, memory, tags]),
    [
      ['instance0', 0, 2048, ['service:web']],
      ['arriving: instance0', 1, 2048, ['service:web']],
    ],
  );
  assert.deepEqual(
    data.nodes.map(({ freeMemory }) => freeMemory),
    [13 * 1024, 13 * 1024],
  );
  assert.equal(presences[0]?.key, instances[0]?.uuid);
});

test('disk is that of the storage which the first local template takes from', () => {
  const storage = [
    { type: 'file', name: '/srv/file', total: 500, free: 400 },
    { type: 'lvm-vg', name: 'xenvg', total: 900, free: 800 },
  ];
  const live = plainLive({ [first.uuid]: { disk_total: 1, disk_free: 1, storage } });
  const config = plainConfig({ nodes: [first], instances: [plainInstance(0, 0, 100, { disk_template: 'file' })] });
  const diskOf = (...enabled: ('file' | 'plain' | 'sharedfile')[]) => {
    const cluster = { ...config.cluster, enabled_disk_templates: enabled };
    const { data } = configuredCluster({ ...config, cluster } as typeof config, live);
    const [{ totalDisk, freeDisk: free }] = data.nodes as [(typeof data.nodes)[number]];
    return [totalDisk, free, data.instances[0]?.disk];
  };
  assert.deepEqual(diskOf('sharedfile', 'file', 'plain'), [500, 400, 100]);
  assert.deepEqual(diskOf('plain', 'file'), [900, 800, 0], 'files take nothing from the volume group');
  assert.deepEqual(diskOf('sharedfile'), [500, 400, 100]);
});

test('disk is free when the node says so, nobody was promised it, and nothing is on its way there', () => {
  const freeDisk = (disk_free: number, ...instances: ReturnType<typeof plainInstance>[]) => {
    const live = plainLive({ [first.uuid]: { disk_total: 1000, disk_free } });
    return configuredCluster(plainConfig({ nodes: [first], instances }), live).data.nodes[0]?.freeDisk;
  };
  assert.equal(freeDisk(700, plainInstance(0, 0, 100)), 700);
  assert.equal(freeDisk(950, plainInstance(0, 0, 100)), 900);
  assert.equal(freeDisk(700, plainInstance(0, 0, 100, { ctime: 2_000_000_001 })), 600);
  assert.equal(freeDisk(950, plainInstance(0, 0, 100, { disk_template: 'sharedfile' })), 950);
  assert.equal(freeDisk(50, plainInstance(0, 0, 100, { ctime: 2_000_000_001 })), 0);
});

test('nodes that take nothing are offline to the engine', () => {
  const nodes = [
    plainNode(0, { drained: true }),
    plainNode(1, { offline: true }),
    plainNode(2, { vm_capable: false }),
    plainNode(3),
    plainNode(4),
  ];
  const { data } = configuredCluster(plainConfig({ nodes, instances: [] }), plainLive({ [plainUuid(2, 3)]: null }));
  assert.deepEqual(
    data.nodes.map(({ offline }) => offline),
    [true, true, true, true, false],
  );
});

test('ratios come from the policy of the group, networks from those that are connected to it', () => {
  const network = {
    ...plainGroup(0),
    name: 'lan',
    network: '192.0.2.0/24',
    gateway: null,
    mac_prefix: null,
    external_reservations: [],
    groups: { [plainUuid(1, 1)]: { mode: 'bridged', link: 'br0', vlan: '' } },
  };
  const groups = [plainGroup(0), plainGroup(1, { ipolicy: { 'vcpu-ratio': 2 } })];
  const { data } = configuredCluster(plainConfig({ groups, networks: [network], nodes: [first], instances: [] }), plainLive());
  assert.deepEqual(
    data.groups.map(({ networks, ipolicy }) => [networks, ipolicy.vcpuRatio]),
    [
      [[], defaultIpolicy['vcpu-ratio']],
      [['lan'], 2],
    ],
  );
});

test('an instance that was on its way to a node that is gone is where it is, alone', () => {
  const instances = [
    plainInstance(0, 0, 10, { moving_to: 'gone' }),
    plainInstance(1, 1, 10, { secondary_nodes: [first.uuid], moving_to: first.uuid }),
  ];
  const { presences } = configuredCluster(plainConfig({ nodes: [first, second], instances }), plainLive());
  assert.deepEqual(
    presences.map(({ key, data }) => [key, data.name, data.primary, data.secondary, data.arrivalOf]),
    [
      [plainUuid(3, 0), 'instance0', 0, -1, undefined],
      [plainUuid(3, 1), 'instance1', 1, 0, undefined],
      [`${plainUuid(3, 1)} arriving`, 'arriving: instance1', 0, -1, 'instance1'],
    ],
  );
});

test('parameters of nodes come from cluster, group and node; spindles are free only where they are for one alone', () => {
  const groups = [plainGroup(0, { ndparams: { spindle_count: 4, cpu_speed: 2 } })];
  const spindles = (node: Parameters<typeof plainNode>[1], own = groups) => {
    const { data } = configuredCluster(plainConfig({ groups: own, nodes: [plainNode(0, node)], instances: [] }), plainLive());
    const { totalSpindles, freeSpindles, exclusiveStorage, cpuSpeed } = data.nodes[0] ?? {};
    return [totalSpindles, freeSpindles, exclusiveStorage, cpuSpeed];
  };
  assert.deepEqual(spindles({}), [4, 0, false, 2]);
  assert.deepEqual(spindles({ ndparams: { exclusive_storage: true, spindle_count: 6 } }), [6, 6, true, 2]);
  assert.deepEqual(spindles({ group: 'gone', ndparams: { spindle_count: 3 } }), [3, 0, false, 1]);
  const silent = configuredCluster(plainConfig({ nodes: [first], instances: [] }), { ...plainLive(), node: () => undefined }).data.nodes[0];
  assert.deepEqual([silent?.totalMemory, silent?.totalDisk, silent?.freeDisk, silent?.totalCpu, silent?.offline], [0, 0, 0, 0, true]);
});

test('disk is taken on both nodes of a mirrored instance, and on the one to which it is moving', () => {
  const storage = ['file', 'lvm-vg'].map((type) => ({ type, name: 'x', total: 1000, free: 700 }));
  const live = plainLive(Object.fromEntries([first, second].map(({ uuid }) => [uuid, { storage }])));
  const free = (more: Parameters<typeof plainInstance>[3]) => {
    const instances = [plainInstance(0, 0, 100, more)];
    const cluster = { enabled_disk_templates: [more?.disk_template ?? 'file'] };
    return configuredCluster(plainConfig({ nodes: [first, second], instances, cluster }), live).data.nodes.map(({ freeDisk }) => freeDisk);
  };
  assert.deepEqual(free({ moving_to: second.uuid }), [700, 600], 'it comes there');
  assert.deepEqual(free({ disk_template: 'drbd', secondary_nodes: [second.uuid], ctime: 2_000_000_001 }), [472, 472]);
  assert.deepEqual(free({ disk_template: 'plain', ctime: 2_000_000_001 }), [600, 700]);
  assert.deepEqual(free({ ctime: 2_000_000_000 }), [700, 700], 'the report knows of it');
  assert.deepEqual(free({ disk_template: 'rbd', ctime: 2_000_000_001 }), [700, 700]);
});

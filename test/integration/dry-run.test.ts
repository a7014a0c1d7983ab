import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { GantryError } from '../../src/base/index.ts';
import { refusedAlike as refusedAlikeBy } from '../support/refused-alike.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';

// Whatever a real run refuses, its dry run refuses with the same error, and neither leaves anything changed.

type Op = Record<string, unknown> & { OP_ID: string };

let master: SimulatedMaster;
const run = (OP_ID: string, params: Record<string, unknown> = {}) => master.run({ OP_ID, ...params });
const shape = { no_install: true, disk_template: 'diskless', nics: [] as unknown[] };
const created = { instance_name: 'new1', ...shape };

/** Two groups: `default` with node1 to node3 and node6, `far` with node4 (drained) and node5 (offline). */
beforeEach(async () => {
  master = await startSimulatedMaster(6);
  await run('OP_GROUP_ADD', { group_name: 'far' });
  await run('OP_GROUP_ADD', { group_name: 'empty' });
  await run('OP_GROUP_ASSIGN_NODES', { group_name: 'far', nodes: ['node4', 'node5'] });
  await run('OP_NETWORK_ADD', { network_name: 'lan', network: '10.1.0.0/29', gateway: '10.1.0.1' });
  await run('OP_NETWORK_ADD', { network_name: 'loose', network: '10.2.0.0/24' });
  await run('OP_NETWORK_CONNECT', { network_name: 'lan', group_name: 'default', network_mode: 'bridged', network_link: 'br0' });
  const disk = { disk_template: 'sharedfile', disks: [{ size: 64 }], no_install: true };
  const nic = { nics: [{ network: 'lan', ip: '10.1.0.3', mac: 'aa:00:00:00:00:03' }] };
  await run('OP_INSTANCE_CREATE', { instance_name: 'up1', pnode: 'node1', ...disk, ...nic });
  await run('OP_INSTANCE_CREATE', { instance_name: 'down1', pnode: 'node2', ...disk, nics: [], start: false });
  await run('OP_INSTANCE_CREATE', { instance_name: 'bare1', pnode: 'node1', ...shape, nics: [{ ip: '10.2.0.9' }], start: false });
  await run('OP_TAGS_SET', { kind: 'instance', name: 'up1', tags: ['one'] });
  await run('OP_NODE_SET_PARAMS', { node_name: 'node4', drained: true });
  await run('OP_NODE_SET_PARAMS', { node_name: 'node5', offline: true });
  await run('OP_CLUSTER_SET_PARAMS', { candidate_pool_size: 3 });
  await run('OP_NODE_SET_PARAMS', { node_name: 'node6', master_candidate: false });
});
afterEach(() => master.close());

const refusedAlike = (code: string, op: Op) => refusedAlikeBy(master, code, op);

const point = { 'memory-size': 64, 'disk-size': 64, 'disk-count': 1, 'cpu-count': 1, 'nic-count': 1, 'spindle-use': 1 };
const node = (more: Record<string, unknown>) => ({
  node_name: 'node9',
  primary_ip: '192.0.2.99',
  agent_port: 1811,
  certificate_fingerprint: 'e'.repeat(64),
  ...more,
});

/** By opcode: the error, and the parameters that it refuses. */
const refusals: Record<string, readonly (readonly [string, Record<string, unknown>])[]> = {
  OP_INSTANCE_CREATE: [
    ['NAME_TAKEN', { ...created, instance_name: 'up1', pnode: 'node1' }],
    ['OBJECT_UNKNOWN', { ...created, pnode: 'nobody' }],
    ['OBJECT_UNKNOWN', { ...created, group_name: 'nobody' }],
    ['NODE_OFFLINE', { ...created, pnode: 'node5' }],
    ['NODE_DRAINED', { ...created, pnode: 'node4' }],
    ['HYPERVISOR_NOT_ENABLED', { ...created, hypervisor: 'fake' }],
    ['DISK_TEMPLATE_NOT_ENABLED', { ...created, disk_template: 'file' }],
    ['DISKS_WITHOUT_TEMPLATE', { ...created, disks: [{ size: 64 }] }],
    ['INPUT_INVALID', { ...created, disk_template: 'sharedfile', no_install: false }],
    ['INPUT_INVALID', { ...created, beparams: { minmem: 512, maxmem: 256 } }],
    ['INPUT_INVALID', { ...created, hvparams: { nonsense: 1 } }],
    ['VNC_ADDRESS_REFUSED', { ...created, hvparams: { vnc_bind_address: '0.0.0.0' } }],
    ['IPOLICY_VIOLATED', { ...created, pnode: 'node1', beparams: { vcpus: 9 } }],
    ['IPOLICY_VIOLATED', { ...created, beparams: { vcpus: 9 } }],
    ['PLACEMENT_IMPOSSIBLE', { ...created, ignore_ipolicy: true, beparams: { maxmem: 1_000_000 } }],
    ['PLACEMENT_IMPOSSIBLE', { ...created, group_name: 'far' }],
    ['IALLOCATOR_UNKNOWN', { ...created, iallocator: 'nobody' }],
    ['NETWORK_NOT_CONNECTED', { ...created, pnode: 'node1', nics: [{ network: 'loose', ip: 'pool' }] }],
    ['OBJECT_UNKNOWN', { ...created, pnode: 'node1', nics: [{ network: 'nobody' }] }],
    ['CLAIM_TAKEN', { ...created, pnode: 'node1', nics: [{ network: 'lan', ip: '10.1.0.3' }] }],
    ['CLAIM_TAKEN', { ...created, pnode: 'node1', nics: [{ mac: 'AA:00:00:00:00:03' }] }],
    ['CLAIM_TAKEN', { ...created, pnode: 'node1', nics: [{ ip: '192.0.2.1' }] }],
    ['ADDRESS_OUTSIDE', { ...created, pnode: 'node1', nics: [{ network: 'lan', ip: '10.1.0.1' }] }],
    ['ADDRESS_OF_NETWORK', { ...created, pnode: 'node1', nics: [{ ip: '10.1.0.4' }] }],
    ['NETWORK_FULL', { ...created, pnode: 'node1', nics: Array.from({ length: 6 }, () => ({ network: 'lan', ip: 'pool' })) }],
    ['OS_UNKNOWN', { ...created, pnode: 'node1', os_type: 'nobody' }],
  ],
  OP_INSTANCE_STARTUP: [
    ['OBJECT_UNKNOWN', { instance_name: 'nobody' }],
    ['INPUT_INVALID', { instance_name: 'down1', beparams: { minmem: 512 } }],
    ['INPUT_INVALID', { instance_name: 'down1', beparams: { minmem: 512, maxmem: 256 } }],
    ['INPUT_INVALID', { instance_name: 'down1', hvparams: { nonsense: 1 } }],
    ['VNC_ADDRESS_REFUSED', { instance_name: 'down1', hvparams: { vnc_bind_address: '0.0.0.0' } }],
  ],
  OP_INSTANCE_REBOOT: [
    ['OBJECT_UNKNOWN', { instance_name: 'nobody' }],
    ['INSTANCE_NOT_RUNNING', { instance_name: 'down1', reboot_type: 'soft' }],
  ],
  OP_INSTANCE_RESUME: [['INSTANCE_NOT_RUNNING', { instance_name: 'down1' }]],
  OP_INSTANCE_SHUTDOWN: [['OBJECT_UNKNOWN', { instance_name: 'nobody' }]],
  OP_INSTANCE_REMOVE: [['OBJECT_UNKNOWN', { instance_name: 'nobody' }]],
  OP_INSTANCE_MIGRATE: [
    ['INSTANCE_NOT_RUNNING', { instance_name: 'down1' }],
    ['INSTANCE_NOT_RUNNING', { instance_name: 'down1', cleanup: true }],
    ['INSTANCE_ALREADY_THERE', { instance_name: 'up1', target_node: 'node1' }],
    ['NODE_DRAINED', { instance_name: 'up1', target_node: 'node4' }],
    ['NODE_OFFLINE', { instance_name: 'up1', target_node: 'node5' }],
    ['IALLOCATOR_UNKNOWN', { instance_name: 'up1', iallocator: 'nobody' }],
  ],
  OP_INSTANCE_FAILOVER: [
    ['INSTANCE_ALREADY_THERE', { instance_name: 'down1', target_node: 'node2' }],
    ['NODE_DRAINED', { instance_name: 'down1', target_node: 'node4' }],
  ],
  OP_CLUSTER_SET_PARAMS: [
    ['INPUT_INVALID', { beparams: { minmem: 4096 } }],
    ['INPUT_INVALID', { hvparams: { kvm: { nonsense: 1 } } }],
    ['INPUT_INVALID', { nicparams: { vlan: '.5' } }],
    ['INPUT_INVALID', { enabled_disk_templates: ['drbd'] }],
    ['INPUT_INVALID', { ipolicy: { minmax: [{ min: { ...point, 'cpu-count': 9 }, max: point }] } }],
    ['INPUT_INVALID', { ipolicy: { std: { ...point, 'cpu-count': 99 } } }],
    ['MONITOR_COLLECTOR_UNKNOWN', { enabled_data_collectors: { cpu_load: true } }],
    ['LOCATION_INVALID', { location: 'nonsense: 1' }],
  ],
  OP_GROUP_ADD: [
    ['NAME_TAKEN', { group_name: 'far' }],
    ['INPUT_INVALID', { group_name: 'g', ipolicy: { minmax: [{ min: { ...point, 'cpu-count': 9 }, max: point }] } }],
  ],
  OP_GROUP_SET_PARAMS: [
    ['OBJECT_UNKNOWN', { group_name: 'nobody' }],
    ['INPUT_INVALID', { group_name: 'far', ipolicy: { minmax: [{ min: { ...point, 'cpu-count': 9 }, max: point }] } }],
  ],
  OP_GROUP_RENAME: [['NAME_TAKEN', { group_name: 'far', new_name: 'default' }]],
  OP_GROUP_REMOVE: [['GROUP_NOT_EMPTY', { group_name: 'far' }]],
  OP_GROUP_ASSIGN_NODES: [
    ['OBJECT_UNKNOWN', { group_name: 'far', nodes: ['nobody'] }],
    ['NETWORK_NOT_CONNECTED', { group_name: 'far', nodes: ['node1'] }],
  ],
  OP_NETWORK_ADD: [
    ['NAME_TAKEN', { network_name: 'lan', network: '10.9.0.0/24' }],
    ['INPUT_INVALID', { network_name: 'n', network: '10.9.0.0/31' }],
    ['INPUT_INVALID', { network_name: 'n', network: '10.9.0.0/24', gateway: '10.9.0.255' }],
    ['CLAIM_TAKEN', { network_name: 'n', network: '10.2.0.0/24', gateway: '10.2.0.9' }],
  ],
  OP_NETWORK_CONNECT: [
    ['INPUT_INVALID', { network_name: 'loose', group_name: 'far', network_mode: 'bridged', network_link: 'br0', network_vlan: '.5' }],
    ['NETWORK_ADDRESSES_TAKEN', { network_name: 'loose', group_name: 'default', network_mode: 'bridged', network_link: 'br0' }],
  ],
  OP_NETWORK_DISCONNECT: [['NETWORK_IN_USE', { network_name: 'lan', group_name: 'default' }]],
  OP_NETWORK_REMOVE: [['NETWORK_IN_USE', { network_name: 'lan', force: true }]],
  OP_NODE_ADD: [
    ['NAME_TAKEN', node({ node_name: 'node1' })],
    ['CLAIM_TAKEN', node({ primary_ip: '192.0.2.1' })],
    ['INPUT_INVALID', node({ secondary_ip: '127.0.0.1' })],
    ['OBJECT_UNKNOWN', node({ group: 'nobody' })],
  ],
  OP_NODE_REMOVE: [
    ['NODE_IS_MASTER', { node_name: 'node1' }],
    ['NODE_NOT_EMPTY', { node_name: 'node2' }],
  ],
  OP_NODE_SET_PARAMS: [
    ['NODE_IS_MASTER', { node_name: 'node1', offline: true }],
    ['CANDIDATES_TOO_FEW', { node_name: 'node2', master_candidate: false }],
    ['NODE_NOT_EMPTY', { node_name: 'node2', vm_capable: false }],
  ],
  OP_NODE_EVACUATE: [
    ['INPUT_INVALID', { node_name: 'node1', mode: 'primary-only', remote_node: 'node1' }],
    ['NODE_DRAINED', { node_name: 'node1', mode: 'primary-only', remote_node: 'node4' }],
    ['IALLOCATOR_UNKNOWN', { node_name: 'node1', mode: 'primary-only', iallocator: 'nobody' }],
  ],
  OP_CLUSTER_VERIFY: [['OBJECT_UNKNOWN', { group_name: 'nobody' }]],
  OP_TAGS_SET: [
    ['OBJECT_UNKNOWN', { kind: 'instance', name: 'nobody', tags: ['a'] }],
    ['TAGS_TOO_MANY', { kind: 'instance', name: 'up1', tags: Array.from({ length: 4096 }, (_, index) => `t${index}`) }],
  ],
  OP_TAGS_DEL: [['TAG_MISSING', { kind: 'instance', name: 'up1', tags: ['one', 'two'] }]],
};

for (const [OP_ID, cases] of Object.entries(refusals)) {
  test(`${OP_ID}: what is refused is refused by the dry run alike`, async () => {
    const wrong: string[] = [];
    for (const [code, params] of cases) await refusedAlike(code, { OP_ID, ...params }).catch((error: Error) => wrong.push(error.message));
    assert.deepEqual(wrong, []);
  });
}

/** What nodes refuse: what is wrong with one, set right afterwards, and opcodes that then fail with `code`. */
async function onNode(index: number, code: string, wrong: (node: string) => (() => void) | void, ops: readonly Op[]): Promise<void> {
  const node = master.simulation.nodes[index] as string;
  const mend = wrong(node);
  try {
    for (const op of ops) await refusedAlike(code, op);
  } finally {
    mend?.();
  }
}

const withDisk = { instance_name: 'new1', no_install: true, disk_template: 'sharedfile', nics: [] };

test('a node that does not answer', () =>
  onNode(
    0,
    'NODE_UNREACHABLE',
    (uuid) => {
      master.simulation.setFault(uuid, 'down');
      return () => master.simulation.setFault(uuid, null);
    },
    [
      { OP_ID: 'OP_INSTANCE_CREATE', ...created, pnode: 'node1' },
      { OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'bare1' },
      { OP_ID: 'OP_INSTANCE_SHUTDOWN', instance_name: 'up1' },
      { OP_ID: 'OP_INSTANCE_REBOOT', instance_name: 'up1' },
      { OP_ID: 'OP_INSTANCE_REBOOT', instance_name: 'up1', reboot_type: 'soft' },
      { OP_ID: 'OP_INSTANCE_RESUME', instance_name: 'up1' },
      { OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'up1' },
      { OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'up1', target_node: 'node2' },
      { OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: 'up1', target_node: 'node2' },
      { OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: 'down1', target_node: 'node1' },
    ],
  ));

test('a node without the bridge of a NIC', () =>
  onNode(5, 'NETWORK_BRIDGE_MISSING', (uuid) => master.simulation.setBridges(uuid, ['other']), [
    { OP_ID: 'OP_INSTANCE_CREATE', ...created, pnode: 'node6', nics: [{}] },
    { OP_ID: 'OP_INSTANCE_CREATE', ...withDisk, disks: [{ size: 64 }], pnode: 'node6', nics: [{ network: 'lan', ip: 'pool' }] },
    { OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'up1', target_node: 'node6' },
    { OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: 'up1', target_node: 'node6' },
  ]));

test('an instance that could not be started again is not stopped for a reboot', async () => {
  const { simulation } = master;
  const running = () => simulation.inspect(simulation.nodes[0] as string).machines.map(({ name, state }) => `${name} ${state}`);
  const before = [running(), simulation.count('instance-stop')];
  const reboots = ['hard', 'full'].map((reboot_type) => ({ OP_ID: 'OP_INSTANCE_REBOOT', instance_name: 'up1', reboot_type }));
  await onNode(0, 'NETWORK_BRIDGE_MISSING', (uuid) => master.simulation.setBridges(uuid, ['other']), reboots);
  simulation.setBridges(simulation.nodes[0] as string, ['br0']);
  const missing = new GantryError('HYPERVISOR_MISSING', { program: 'qemu-system-x86_64', problem: 'it is not there' });
  for (const nth of [1, 2, 3, 4]) simulation.addFault({ method: 'instance-check', nth, error: missing });
  for (const reboot of reboots) await refusedAlike('HYPERVISOR_MISSING', reboot);
  const up1 = master.leading.services.config.current.instances.find('up1');
  simulation.loseSharedDisk(up1?.disks[0]?.uuid ?? '');
  for (const reboot of reboots) await refusedAlike('STORAGE_DISK_MISSING', reboot);
  assert.deepEqual([running(), simulation.count('instance-stop')], before);
});

test('a creation that no node has the bridge for advises to make the bridge, not to free resources first', async () => {
  for (const node of master.simulation.nodes) master.simulation.setBridges(node, ['other']);
  for (const node of master.simulation.nodes) await master.leading.services.live.refresh(node);
  const error = GantryError.from(
    await master.run({ OP_ID: 'OP_INSTANCE_CREATE', ...created, nics: [{}] }).catch((thrown: unknown) => thrown),
  );
  assert.equal(error.code, 'PLACEMENT_IMPOSSIBLE');
  assert.match(error.message, /it has no bridge br0/);
  assert.match(error.toReport().todo, /^Fix the reasons listed\. A missing bridge or switch: create it on the node/);
});

test('a failover to a node that cannot start the instance does not stop it, and a creation without its OS makes no disk', async () => {
  const { simulation } = master;
  simulation.setBridges(simulation.nodes[5] as string, ['other']);
  const before = [simulation.count('instance-stop'), simulation.count('disk-create')];
  await refusedAlike('NETWORK_BRIDGE_MISSING', { OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: 'up1', target_node: 'node6' });
  const os = { os_type: 'nobody', no_install: false, disks: [{ size: 64 }], pnode: 'node1' };
  await refusedAlike('OS_UNKNOWN', { OP_ID: 'OP_INSTANCE_CREATE', ...withDisk, ...os });
  assert.deepEqual([simulation.count('instance-stop'), simulation.count('disk-create')], before);
});

test('disks that do not fit, and disks that are gone', async () => {
  const sizes = { pnode: 'node1', ignore_ipolicy: true, disks: [{ size: 1000 * 1_048_576 }, { size: 64 }] };
  await refusedAlike('STORAGE_FULL', { OP_ID: 'OP_INSTANCE_CREATE', ...withDisk, ...sizes });
  await master.run({
    OP_ID: 'OP_INSTANCE_CREATE',
    ...withDisk,
    instance_name: 'lost1',
    pnode: 'node1',
    disks: [{ size: 64 }],
    start: false,
  });
  const lost = master.leading.services.config.current.instances.find('lost1');
  master.simulation.loseSharedDisk(lost?.disks[0]?.uuid ?? '');
  await refusedAlike('STORAGE_DISK_MISSING', { OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'lost1' });
});

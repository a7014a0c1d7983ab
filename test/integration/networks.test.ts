import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { jobEnd } from '../../src/cluster/index.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';
import { tester } from '../support/tester.ts';

// Networks and addresses through the whole master: two groups of two nodes each, nodes simulated.

let master: SimulatedMaster;
const submit = (id: string, params: Record<string, unknown>) => master.run({ OP_ID: id, ...params });
const config = () => master.leading.services.config.current;
const create = (name: string, nics: unknown[], more: Record<string, unknown> = {}) =>
  submit('OP_INSTANCE_CREATE', {
    instance_name: name,
    disk_template: 'diskless',
    no_install: true,
    nics,
    start: false,
    pnode: 'node1',
    ...more,
  });
const nicOf = (name: string) => config().instances.find(name)?.nics[0];
const connect = (group_name: string, more: Record<string, unknown> = {}) =>
  submit('OP_NETWORK_CONNECT', { network_name: 'lan', group_name, network_mode: 'bridged', network_link: 'br0', ...more });

before(async () => {
  master = await startSimulatedMaster(4);
  await submit('OP_GROUP_ADD', { group_name: 'edge' });
  await submit('OP_GROUP_ASSIGN_NODES', { group_name: 'edge', nodes: ['node3', 'node4'] });
  // The nodes have 192.0.2.1 to 192.0.2.4.
  await submit('OP_NETWORK_ADD', {
    network_name: 'lan',
    network: '192.0.2.0/28',
    gateway: '192.0.2.6',
    network6: '2001:db8::/64',
    gateway6: '2001:db8::1',
  });
});
after(() => master.close());

const steps: [name: string, run: () => Promise<void>][] = [];
/** Each goes on with what those before it made. */
const step = (name: string, run: () => Promise<void>) => steps.push([name, run]);

step('a network is not connected while an instance outside of it has one of its addresses, and the pool never gives that out', async () => {
  await create('stranger', [{ ip: '192.0.2.5' }]);
  await assert.rejects(connect('default'), { code: 'NETWORK_ADDRESSES_TAKEN' });
  await connect('edge');
  await connect('default', { conflicts_check: false });
  await create('first', [{ network: 'lan', ip: 'pool' }]);
  assert.equal(nicOf('first')?.ip, '192.0.2.7', 'four nodes, the stranger and the gateway have what is below');
  await assert.rejects(create('second', [{ network: 'lan', ip: '192.0.2.5' }]), { code: 'CLAIM_TAKEN' });
  await assert.rejects(create('second', [{ network: 'lan', ip: '192.0.2.1' }]), { code: 'CLAIM_TAKEN' });
  await assert.rejects(create('second', [{ network: 'lan', ip: '192.0.2.6' }]), { code: 'ADDRESS_OUTSIDE' });
  await submit('OP_INSTANCE_REMOVE', { instance_name: 'stranger' });
  await create('second', [{ network: 'lan', ip: 'pool' }]);
  assert.equal(nicOf('second')?.ip, '192.0.2.5');
});

step('a node does not get the address of an instance, of another node or of nobody', async () => {
  const add = (primary_ip: string, more = {}) =>
    submit('OP_NODE_ADD', { node_name: 'late', primary_ip, agent_port: 1811, certificate_fingerprint: 'e'.repeat(64), ...more });
  await assert.rejects(add('192.0.2.7'), { code: 'CLAIM_TAKEN' });
  await assert.rejects(add('192.0.2.1'), { code: 'CLAIM_TAKEN' });
  await assert.rejects(add('192.0.2.12', { secondary_ip: '192.0.2.2' }), { code: 'CLAIM_TAKEN' });
  for (const ip of ['127.0.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', 'node9', '2001:db8::1'])
    await assert.rejects(add(ip), { code: 'INPUT_INVALID' }, ip);
  assert.equal(config().nodes.size, 4);
});

step('an instance is not moved to where its network is not', async () => {
  await submit('OP_NETWORK_DISCONNECT', { network_name: 'lan', group_name: 'edge' });
  const move = { instance_name: 'mover', target_node: 'node3', ignore_ipolicy: true };
  await create('mover', [{ network: 'lan', ip: 'pool' }], { disk_template: 'sharedfile', disks: [{ size: 1 }], start: true });
  await assert.rejects(submit('OP_INSTANCE_FAILOVER', move), { code: 'NETWORK_NOT_CONNECTED' });
  await assert.rejects(submit('OP_INSTANCE_MIGRATE', move), { code: 'NETWORK_NOT_CONNECTED' });
  await assert.rejects(submit('OP_NODE_EVACUATE', { node_name: 'node1', remote_node: 'node3' }), { code: 'EVACUATION_IMPOSSIBLE' });
  await assert.rejects(submit('OP_GROUP_ASSIGN_NODES', { group_name: 'edge', nodes: ['node1'] }), { code: 'NETWORK_NOT_CONNECTED' });
  assert.equal(config().instances.find('mover')?.primary_node, config().nodes.find('node1')?.uuid);
  await connect('edge', { network_link: 'br7' });
  await submit('OP_INSTANCE_MIGRATE', move);
  assert.equal(config().instances.find('mover')?.primary_node, config().nodes.find('node3')?.uuid);
});

step('an instance with an address of its own is not moved into a group that has a network with this address', async () => {
  await create('loner', [{ ip: '10.9.0.5' }], { disk_template: 'sharedfile', disks: [{ size: 1 }], start: true });
  await submit('OP_NETWORK_ADD', { network_name: 'wan', network: '10.9.0.0/24' });
  await submit('OP_NETWORK_CONNECT', { network_name: 'wan', group_name: 'edge', network_mode: 'bridged', network_link: 'br1' });
  await assert.rejects(submit('OP_INSTANCE_FAILOVER', { instance_name: 'loner', target_node: 'node4' }), { code: 'ADDRESS_OF_NETWORK' });
  await submit('OP_INSTANCE_FAILOVER', { instance_name: 'loner', target_node: 'node2' });
});

step('networks that cannot be are refused', async () => {
  const add = (params: Record<string, unknown>) => submit('OP_NETWORK_ADD', { network_name: 'odd', network: '10.8.0.0/24', ...params });
  const refused: Record<string, unknown>[] = [
    { gateway: '10.8.0.0' },
    { gateway: '10.8.0.255' },
    { gateway: '10.8.1.1' },
    { network: '127.0.0.0/8' },
    { network: '224.0.0.0/8' },
    { network: '169.254.0.0/16' },
    { network: '10.8.0.1/24' },
    { network6: '2001:db8::1/64' },
    { network6: '10.8.0.0/24' },
    { gateway6: '2001:db8::1' },
    { network6: '2001:db8::/64', gateway6: '2001:db9::1' },
    { add_reserved_ips: ['10.8.1.1'] },
  ];
  for (const params of refused) await assert.rejects(add(params), { code: 'INPUT_INVALID' }, JSON.stringify(params));
  await assert.rejects(add({ network: '10.9.0.0/16', gateway: '10.9.0.5' }), { code: 'CLAIM_TAKEN' });
  await add({ mac_prefix: 'AA:BB:CC', network6: null, gateway6: null });
  assert.equal(config().networks.find('odd')?.mac_prefix, 'aa:bb:cc');
  assert.deepEqual([config().networks.find('lan')?.network6, config().networks.find('lan')?.gateway6], ['2001:db8::/64', '2001:db8::1']);
});

step('connections and defaults that no NIC could use are refused', async () => {
  const link = (network_mode: string, network_link: string, network_vlan = '') =>
    submit('OP_NETWORK_CONNECT', { network_name: 'odd', group_name: 'default', network_mode, network_link, network_vlan });
  for (const [mode, name, vlan] of [
    ['bridged', ''],
    ['bridged', 'br0', '.5'],
    ['openvswitch', ''],
    ['openvswitch', 'sw0', '.9999'],
    ['routed', 'local'],
    ['routed', '255'],
    ['routed', '', ':5'],
  ] as const)
    await assert.rejects(link(mode, name, vlan), { code: 'INPUT_INVALID' }, `${mode} ${name} ${vlan}`);
  await link('openvswitch', 'sw0', '.5:6:7');
  const cluster = (nicparams: Record<string, string>) => submit('OP_CLUSTER_SET_PARAMS', { nicparams });
  await assert.rejects(cluster({ vlan: '.5' }), { code: 'INPUT_INVALID' });
  await assert.rejects(cluster({ link: '' }), { code: 'INPUT_INVALID' });
  await assert.rejects(cluster({ mode: 'openvswitch' }), { code: 'INPUT_INVALID' });
  await cluster({ mode: 'routed' });
  assert.deepEqual(config().cluster.nicparams, { mode: 'routed', link: '', vlan: '' }, 'the bridge is not taken for a table');
  await cluster({ mode: 'bridged', link: 'br0' });
});

step('a node without the bridge of a network is told by verify, and gets no instance that needs it', async () => {
  const { nodes } = master.simulation;
  const { live } = master.leading.services;
  const bridges = async (node: number, names: string[]) => {
    master.simulation.setBridges(nodes[node - 1] ?? '', names);
    await live.refresh(nodes[node - 1] ?? '');
  };
  await bridges(1, []);
  await bridges(2, ['br0', 'br1']);
  const group = { group_name: 'default', pnode: undefined };
  for (const name of ['a', 'b', 'c', 'd']) await create(name, [{ network: 'lan', ip: 'pool' }], group);
  for (const name of ['a', 'b', 'c', 'd']) assert.equal(config().instances.find(name)?.primary_node, nodes[1], name);
  await create('e', [{ mode: 'routed', ip: '10.77.0.1' }], { ...group, pnode: 'node1' });
  await assert.rejects(create('f', [{ link: 'br5' }], group), (error: { code?: string; message?: string }) => {
    assert.match(error.message ?? '', /no bridge br5/);
    return error.code === 'PLACEMENT_IMPOSSIBLE';
  });
  const { jobs } = master.leading.services;
  const id = await jobs.submit([{ OP_ID: 'OP_CLUSTER_VERIFY' }], tester);
  await jobEnd(jobs, id);
  const { problems } = (await jobs.get(id))?.ops[0]?.result as { problems: { code: string; subject: string }[] };
  const missing = problems.filter(({ code }) => code === 'VERIFY_BRIDGE_MISSING').map(({ subject }) => subject);
  assert.ok(missing.includes('node node1: bridge br0'), missing.join());
  assert.ok(!missing.some((subject) => subject.includes('node2')), missing.join());
});

test('networks and addresses through the whole master', async (t) => {
  for (const [name, run] of steps) await t.test(name, run);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../base/index.ts';
import type { PlanContext } from '../../../jobs/index.ts';
import { fillNicparams, type Network, type Nicparams } from '../../../model/index.ts';
import { plainConfig, plainNode, plainUuid } from '../../testing/plain-config.ts';
import { newNics } from './new-nics.ts';

const lan = (number: number, cidr: string, connection: Nicparams): Network => ({
  uuid: plainUuid(9, number),
  name: `lan${number}`,
  ctime: 1,
  mtime: 1,
  serial_no: 1,
  tags: [],
  network: cidr,
  gateway: null,
  mac_prefix: `aa:00:0${number}`,
  external_reservations: [],
  groups: { [plainUuid(1, 0)]: { ...connection } },
});
const [bridged, routed] = [
  lan(1, '10.1.0.0/24', { mode: 'bridged', link: 'br1', vlan: '' }),
  lan(2, '10.2.0.0/24', { mode: 'routed', link: '100', vlan: '' }),
];

function ask(nics: Parameters<typeof newNics>[1]['nics'], { networks = [bridged, routed], nicparams = {} as Partial<Nicparams> } = {}) {
  const full: Nicparams = { mode: 'bridged', link: 'br0', vlan: '', ...nicparams };
  const config = plainConfig({ cluster: { nicparams: full }, nodes: [plainNode(0)], networks, instances: [] });
  let uuids = 0;
  const context = { config, random: seededRandom(1), newUuid: () => plainUuid(7, uuids++) } as unknown as PlanContext;
  const made = newNics(context, { nics }, config.nodes.get(plainUuid(2, 0)) as Parameters<typeof newNics>[2]);
  return made.map((nic) => ({ ...nic, filled: fillNicparams(config.cluster, nic) }));
}

test('the wish of a NIC comes before the parameters of the cluster, and a link is inherited only in the same mode', () => {
  const filled = (wish: Record<string, string>, nicparams?: Partial<Nicparams>) => ask([wish], nicparams && { nicparams })[0]?.filled;
  assert.deepEqual(filled({}), { mode: 'bridged', link: 'br0', vlan: '' });
  assert.deepEqual(filled({ link: 'br9' }), { mode: 'bridged', link: 'br9', vlan: '' });
  assert.deepEqual(filled({ mode: 'bridged' }), { mode: 'bridged', link: 'br0', vlan: '' });
  assert.deepEqual(filled({ mode: 'routed', ip: '10.9.0.5' }), { mode: 'routed', link: '', vlan: '' });
  assert.deepEqual(filled({ mode: 'openvswitch', link: 'sw0', vlan: '.5' }), { mode: 'openvswitch', link: 'sw0', vlan: '.5' });
  const tables = { mode: 'routed', link: '200' } as const;
  assert.deepEqual(filled({ ip: '10.9.0.5' }, tables), { mode: 'routed', link: '200', vlan: '' });
  assert.deepEqual(filled({ mode: 'bridged', link: 'br0' }, tables), { mode: 'bridged', link: 'br0', vlan: '' });
  assert.deepEqual(filled({ vlan: ':5:6' }, { mode: 'openvswitch', link: 'sw0', vlan: '.7' }), {
    mode: 'openvswitch',
    link: 'sw0',
    vlan: ':5:6',
  });
});

test('what no node could set up is refused before anything is made', () => {
  const refused: readonly Record<string, string>[] = [
    { vlan: '.5' },
    { mode: 'routed', ip: '10.9.0.5', vlan: '.5' },
    { mode: 'openvswitch' },
    { mode: 'openvswitch', link: 'sw0', vlan: '.0' },
    { mode: 'openvswitch', link: 'sw0', vlan: '.4095' },
    { mode: 'routed' },
    { link: '' },
    { mode: 'routed', ip: '10.9.0.5', link: 'local' },
    { mode: 'routed', ip: '10.9.0.5', link: '0xff' },
    { mode: 'routed', ip: '10.9.0.5', link: '7' },
    { network: 'lan1', link: 'br0' },
    { network: 'lan1', mode: 'bridged' },
  ];
  for (const wish of refused) assert.throws(() => ask([wish]), { code: 'INPUT_INVALID' }, JSON.stringify(wish));
  assert.throws(() => ask([{ mode: 'bridged' }], { nicparams: { mode: 'routed', link: '200' } }), { code: 'INPUT_INVALID' });
});

test('a routed NIC uses tables that the cluster names, under whatever name they have', () => {
  for (const link of ['', 'main', '254', '100']) assert.equal(ask([{ mode: 'routed', ip: '10.9.0.5', link }])[0]?.filled.link, link);
});

test('an instance with two NICs gets each as it was asked for', () => {
  const [first, second] = ask([
    { network: 'lan2', ip: 'pool', name: 'outer' },
    { network: 'lan1', ip: '10.1.0.7', mac: 'AA:BB:CC:00:11:22' },
  ]);
  assert.deepEqual(
    [first?.ip, first?.network, first?.name, first?.filled.mode, first?.filled.link],
    ['10.2.0.1', routed?.uuid, 'outer', 'routed', '100'],
  );
  assert.match(first?.mac ?? '', /^aa:00:02:/);
  assert.deepEqual(
    [second?.ip, second?.network, second?.mac, second?.filled.link],
    ['10.1.0.7', bridged?.uuid, 'aa:bb:cc:00:11:22', 'br1'],
  );
  assert.notEqual(first?.uuid, second?.uuid);
  assert.throws(() => ask([{ mac: 'aa:bb:cc:00:11:22' }, { mac: 'AA:BB:CC:00:11:22' }]), { code: 'CLAIM_TAKEN' });
});

test('without a wish there is one NIC, in the only network of the group or outside of all', () => {
  const [inNetwork] = ask(undefined, { networks: [bridged] });
  assert.deepEqual([inNetwork?.network, inNetwork?.ip], [bridged.uuid, '10.1.0.1']);
  const [outside] = ask(undefined);
  assert.deepEqual([outside?.network, outside?.ip, outside?.nicparams], [null, null, {}]);
  assert.throws(() => ask([{ network: 'lan1' }], { networks: [{ ...bridged, groups: {} }] }), { code: 'NETWORK_NOT_CONNECTED' });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClusterImport, Instance } from '../../model/index.ts';
import { ClusterImport as schema, validate } from '../../model/index.ts';
import { type PlainObjects, plainConfig, plainGroup, plainInstance, plainNetwork, plainNode, plainUuid } from '../testing/plain-config.ts';
import { planImport } from './plan-import.ts';

// A cluster that exists (node0, group0), and what is added to it.

const source = { path: '/import.json', digest: 'd', started: 1_800_000_000 };
const base = (objects: Partial<PlainObjects> = {}) =>
  plainConfig({
    nodes: [plainNode(0)],
    instances: [],
    groups: [plainGroup(0)],
    cluster: { enabled_disk_templates: ['diskless', 'sharedfile'], port_range: [11_000, 11_010] },
    ...objects,
  });
const guest = (more: object = {}) => ({ name: 'web', primary_node: 'node0', hypervisor: 'kvm', disk_template: 'diskless', ...more });
const fileOf = (objects: object): ClusterImport => validate(schema, { gantry_import: 1, ...objects }, 'file');

function plan(objects: object, existing: Partial<PlainObjects> = {}) {
  const { writes, ...rest } = planImport(base(existing), 7, fileOf(objects), source);
  const stored = new Map(writes.groups.flat().map((write) => [write.key, write.type === 'put' ? write.value : '']));
  const object = <T>(folder: string) =>
    [...stored].filter(([key]) => key.startsWith(`/config/${folder}/`)).map(([, value]) => JSON.parse(value) as T);
  return { ...rest, stored, writes, instances: object<Instance>('instances'), nodes: object<Record<string, unknown>>('nodes') };
}

const refused = (objects: object, text: RegExp, existing: Partial<PlainObjects> = {}, code = 'IMPORT_FILE_INVALID') =>
  assert.throws(() => plan(objects, existing), { code, message: text });
const conflicts = (objects: object, text: RegExp, existing: Partial<PlainObjects> = {}) =>
  refused(objects, text, existing, 'IMPORT_CONFLICT');

describe('an import', () => {
  it('adds nodes that have not joined', () => {
    const { nodes } = plan({ nodes: [{ name: 'n1', primary_ip: '198.51.100.1', group: 'group0', tags: ['b', 'a', 'b'] }] });
    const { uuid: _, ...node } = nodes[0] ?? {};
    assert.deepEqual(node, {
      name: 'n1',
      ctime: source.started,
      mtime: source.started,
      serial_no: 1,
      tags: ['a', 'b'],
      primary_ip: '198.51.100.1',
      secondary_ip: '198.51.100.1',
      agent_port: 1811,
      group: plainUuid(1, 0),
      master_candidate: false,
      master_capable: true,
      vm_capable: true,
      offline: true,
      certificate_fingerprint: '',
      drained: false,
      powered: true,
      ndparams: {},
    });
  });

  it('gives the same for the same file, and another UUID for another one', () => {
    const objects = { instances: [guest({ nics: [{}] })] };
    assert.deepEqual(plan(objects), plan(objects));
    const other = planImport(base(), 7, fileOf(objects), { ...source, digest: 'e' });
    assert.notDeepEqual(other.writes, plan(objects).writes);
  });

  it('reserves what is named first, then chooses what is left open, the lowest that is free', () => {
    const claims = { 'port 11000': 'x', 'mac aa:00:00:00:00:01': 'x' };
    const { instances, stored } = plan(
      {
        networks: [
          {
            name: 'lan',
            network: '10.1.0.0/29',
            gateway: '10.1.0.1',
            external_reservations: ['10.1.0.2'],
            groups: { group0: { mode: 'bridged', link: 'br7', vlan: '' } },
          },
        ],
        instances: [
          guest({ name: 'a', hvparams: { vnc_bind_address: '127.0.0.1' }, nics: [{ network: 'lan', ip: 'pool' }] }),
          guest({ name: 'b', network_port: 11001, nics: [{ network: 'lan', ip: '10.1.0.3', mac: 'aa:00:00:00:00:02' }] }),
          guest({ name: 'c', network_port: null, hvparams: { vnc_bind_address: '127.0.0.1' }, nics: [{ ip: '203.0.113.5' }] }),
        ],
      },
      { claims },
    );
    const [a, b, c] = instances;
    assert.deepEqual(
      [a, b, c].map((one) => one?.network_port),
      [11002, 11001, null],
    );
    assert.deepEqual(
      [a, b, c].map((one) => one?.nics[0]?.ip),
      ['10.1.0.4', '10.1.0.3', '203.0.113.5'],
    );
    assert.match(a?.nics[0]?.mac ?? '', /^aa:00:00:(..:){2}..$/);
    assert.deepEqual(a?.nics[0]?.nicparams, { mode: 'bridged', link: 'br7', vlan: '' });
    const lan = a?.nics[0]?.network ?? '';
    for (const key of [`ip/${lan}:10.1.0.4`, `mac/${a?.nics[0]?.mac}`, 'port/11002'])
      assert.equal(stored.get(`/config/claims/${key}`), a?.uuid, key);
    assert.equal(stored.get('/config/names/instance/b'), b?.uuid);
    assert.equal(stored.get('/config/claims/mac/aa:00:00:00:00:02'), b?.uuid);
  });

  it('writes what belongs to one object together, after the objects that it names', () => {
    const { writes, counts } = plan({
      groups: [{ name: 'g' }],
      nodes: [{ name: 'n1', primary_ip: '198.51.100.1', group: 'g' }],
      instances: [guest({ primary_node: 'n1', nics: [{ mac: 'aa:00:00:00:00:02' }] })],
    });
    assert.deepEqual(
      writes.groups.map((group) => group.map(({ key }) => key.split('/')[2])),
      [
        ['groups', 'names'],
        ['nodes', 'names'],
        ['instances', 'names', 'claims', 'claims'],
      ],
    );
    assert.deepEqual(counts, { group: 1, network: 0, node: 1, instance: 1 });
    assert.deepEqual(writes.last, []);
  });

  it('changes fields of the cluster at its end, if the cluster is still the same then', () => {
    const { last } = plan({ cluster: { tags: ['t'], enabled_disk_templates: ['plain'] } }).writes;
    const [{ write, modRevision }] = last as [(typeof last)[number]];
    const { tags, enabled_disk_templates, serial_no } = JSON.parse((write as { value: string }).value) as Record<string, unknown>;
    assert.deepEqual([modRevision, tags, enabled_disk_templates, serial_no], [7, ['t'], ['plain'], 2]);
    refused({ cluster: { enabled_disk_templates: ['plain'] }, instances: [guest()] }, /diskless is not enabled/);
  });

  it('is refused as a whole when names, UUIDs, MACs, ports or addresses have another owner', () => {
    const claims = { 'port 11000': plainUuid(3, 0), 'mac aa:00:00:00:00:01': plainUuid(3, 0) };
    const existing = { instances: [plainInstance(0, 0, 1)], claims };
    conflicts({ groups: [{ name: 'group0' }] }, /the store has a group group0 already/);
    conflicts({ groups: [{ name: 'g' }, { name: 'G' }] }, /group G is there twice/);
    conflicts({ groups: [{ name: 'g', uuid: plainUuid(1, 0) }] }, /with the UUID/);
    conflicts({ instances: [guest({ uuid: plainUuid(8, 1) }), guest({ name: 'b', uuid: plainUuid(8, 1) })] }, /UUID .* is there twice/);
    conflicts({ instances: [guest({ network_port: 11000 })] }, /console port 11000 belongs to instance instance0/, existing);
    conflicts({ instances: [guest({ nics: [{ mac: 'aa:00:00:00:00:01' }] })] }, /MAC address .* belongs to instance instance0/, existing);
    conflicts({ instances: [guest({ nics: [{ mac: 'aa:00:00:00:00:03' }, { mac: 'aa:00:00:00:00:03' }] })] }, /belongs to instance web/);
    conflicts({ nodes: [{ name: 'n1', primary_ip: '192.0.2.1', group: 'group0' }] }, /address 192\.0\.2\.1 belongs to node node0/);
    conflicts({ instances: [guest({ nics: [{ ip: '192.0.2.1' }] })] }, /belongs to node node0/);
    const networks = [
      plainNetwork(0, { network: '10.1.0.0/24', groups: { [plainUuid(1, 0)]: { mode: 'bridged', link: 'br0', vlan: '' } } }),
    ];
    const nic = { network: 'network0', ip: '10.1.0.9' };
    conflicts({ instances: [guest({ nics: [nic, nic] })] }, /address 10\.1\.0\.9 belongs to instance web/, { networks });
    const many = Array.from({ length: 15 }, () => ({ name: 'group0' }));
    conflicts({ groups: many }, /has 15 conflicts: .*; and 5 more$/);
  });

  it('is refused when something is invalid, with the object and the field', () => {
    const instance = (more: object) => ({ instances: [guest(more)] });
    refused(instance({ primary_node: 'node9' }), /instance web names the node "node9"/);
    refused(instance({ secondary_nodes: ['node0'] }), /names a node twice/);
    refused(instance({ hypervisor: 'lxc' }), /instance web: /);
    refused(instance({ hvparams: { nonsense: 1 } }), /instance web: .*nonsense/);
    refused(instance({ beparams: { minmem: 512, maxmem: 128 } }), /minmem/);
    refused(instance({ disks: [{ size: 1, logical_id: [] }] }), /has no disks/);
    refused(instance({ disk_template: 'sharedfile', disks: [{ size: 1, logical_id: ['loop', 5] }] }), /instance web: disk 0: logical_id/);
    refused(instance({ nics: [{ ip: 'pool' }] }), /needs a network/);
    refused(instance({ nics: [{ ip: '10.0.0.300' }] }), /10\.0\.0\.300/);
    refused(instance({ nics: [{ network: 'lan' }] }), /names the network "lan"/);
    refused(instance({ nics: [{ network: 'network0' }] }), /not connected/, { networks: [plainNetwork(0)] });
    refused({ nodes: [{ name: 'n', primary_ip: '127.0.0.1', group: 'group0' }] }, /node n: .*loopback/);
    refused({ networks: [{ name: 'l', network: '10.0.0.0/33' }] }, /network l: network: /);
    const full = [plainNetwork(0, { network: '10.1.0.0/30', groups: { [plainUuid(1, 0)]: { mode: 'bridged', link: 'br0', vlan: '' } } })];
    const pool = { network: 'network0', ip: 'pool' };
    refused(instance({ nics: [pool, pool, pool] }), /network network0 is full/, { networks: full });
    assert.equal(
      plan({ instances: [guest({ nics: [{ ip: '203.0.113.5' }] }), guest({ name: 'b', nics: [{ ip: '203.0.113.5' }] })] }).remarks.length,
      1,
    );
  });
});

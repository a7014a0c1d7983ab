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

const n1 = { name: 'n1', primary_ip: '198.51.100.1', group: 'group0' };
const disk0 = { uuid: plainUuid(8, 7), name: null, size: 1, mode: 'rw', format: 'raw', params: {}, logical_id: ['vg', 'lv'] };

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
    refused(instance({ hvparams: { nonsense: 1 } }), /instances\.0\.hvparams\.nonsense: instance web: is not known here/);
    refused(instance({ beparams: { minmem: 512, maxmem: 128 } }), /minmem/);
    refused(instance({ disks: [{ size: 1, logical_id: [] }] }), /has no disks/);
    refused(
      instance({ disk_template: 'sharedfile', disks: [{ size: 1, logical_id: ['loop', 5] }] }),
      /instances\.0\.disks\.0\.logical_id\S*: instance web: disk 0: /,
    );
    refused(instance({ nics: [{ ip: 'pool' }] }), /needs a network/);
    refused(instance({ nics: [{ ip: '10.0.0.300' }] }), /10\.0\.0\.300/);
    refused(instance({ nics: [{ network: 'lan' }] }), /names the network "lan"/);
    refused(instance({ nics: [{ network: 'network0' }] }), /not connected/, { networks: [plainNetwork(0)] });
    refused({ nodes: [{ name: 'n', primary_ip: '127.0.0.1', group: 'group0' }] }, /node n: .*loopback/);
    refused({ networks: [{ name: 'l', network: '10.0.0.0/33' }] }, /networks\.0\.network: network l: /);
    const full = [plainNetwork(0, { network: '10.1.0.0/30', groups: { [plainUuid(1, 0)]: { mode: 'bridged', link: 'br0', vlan: '' } } })];
    const pool = { network: 'network0', ip: 'pool' };
    refused(instance({ nics: [pool, pool, pool] }), /network network0 is full/, { networks: full });
    assert.equal(
      plan({ instances: [guest({ nics: [{ ip: '203.0.113.5' }] }), guest({ name: 'b', nics: [{ ip: '203.0.113.5' }] })] }).remarks.length,
      1,
    );
  });

  it('takes no UUID twice, whatever has it', () => {
    const sharing = { disk_template: 'sharedfile' };
    const disk = (uuid: string, path: string) => ({ uuid, size: 1, logical_id: ['loop', path] });
    const [one, two] = [plainUuid(8, 1), plainUuid(8, 2)];
    const twoDisks = guest({ ...sharing, disks: [disk(one, 'a/x'), disk(one, 'a/y')] });
    conflicts({ instances: [twoDisks] }, /instances\.0\.disks\.1\.uuid: instance web: disk 1: the UUID .* of instance web: disk 0/);
    const others = [guest({ ...sharing, disks: [disk(one, 'a/x')] }), guest({ name: 'b', ...sharing, disks: [disk(one, 'a/y')] })];
    conflicts({ instances: others }, /instances\.1\.disks\.0\.uuid: instance b/);
    conflicts({ instances: [guest({ nics: [{ uuid: one }, { uuid: one }] })] }, /instances\.0\.nics\.1\.uuid: instance web: NIC 1/);
    conflicts({ instances: [guest({ uuid: two, nics: [{ uuid: two }] })] }, /instances\.0\.nics\.0\.uuid/);
    conflicts({ groups: [{ name: 'g', uuid: plainUuid(2, 0) }] }, /groups\.0\.uuid: group g: the store has a node, node0, with the UUID/);
    const stored = plainInstance(0, 0, 1);
    const [nic, storedDisk] = [plainUuid(9, 1), plainUuid(9, 2)];
    const existing = {
      instances: [
        {
          ...stored,
          nics: [{ uuid: nic, name: null, mac: 'aa:00:00:00:00:07', ip: null, network: null, nicparams: {} }],
          disks: [
            {
              ...{ uuid: storedDisk, name: null, dev_type: 'sharedfile', size: 1, mode: 'rw', format: 'raw', params: {} },
              logical_id: ['loop', 'a/x'],
            } as const,
          ] as never,
        },
      ],
    };
    conflicts({ instances: [guest({ nics: [{ uuid: nic }] })] }, /with the UUID/, existing);
    conflicts(
      { instances: [guest({ ...sharing, disks: [disk(storedDisk, 'a/y')] })] },
      /disk 0 of instance instance0 with the UUID/,
      existing,
    );
    conflicts(
      { instances: [guest({ ...sharing, disks: [disk(one, './a//x')] })] },
      /disks\.0\.logical_id: instance web: disk 0: disk 0 of instance instance0 is there already/,
      existing,
    );
  });

  it('takes no place for two disks', () => {
    const [one, two] = [plainUuid(8, 1), plainUuid(8, 2)];
    const on = (template: string, more: object = {}) => ({ cluster: { enabled_disk_templates: [template] }, ...more });
    const pair = (template: string, ids: readonly [readonly unknown[], readonly unknown[]], second: object = {}) =>
      on(template, {
        nodes: [{ name: 'n1', primary_ip: '198.51.100.1', group: 'group0' }],
        instances: [
          guest({ disk_template: template, disks: [{ uuid: one, size: 1, logical_id: ids[0] }] }),
          guest({ name: 'b', disk_template: template, disks: [{ uuid: two, size: 1, logical_id: ids[1] }], ...second }),
        ],
      });
    const both = (...id: unknown[]) => [id, id] as const;
    const taken = /instances\.1\.disks\.0\.logical_id: instance b: disk 0: instance web: disk 0 is there already/;
    conflicts(pair('file', both('loop', 'i/x')), taken);
    conflicts(pair('sharedfile', both('loop', 'i/x'), { primary_node: 'n1' }), taken);
    conflicts(pair('plain', both('vg', 'lv')), taken);
    conflicts(pair('rbd', both('rbd', 'image'), { primary_node: 'n1' }), taken);
    assert.equal(plan(pair('file', both('loop', 'i/x'), { primary_node: 'n1' })).instances.length, 2);
    assert.equal(plan(pair('plain', both('vg', 'lv'), { primary_node: 'n1' })).instances.length, 2);
    assert.equal(plan(pair('file', both())).instances.length, 2, 'each at its standard place');
    const standard = `${plainUuid(8, 9)}/${one}.raw`;
    const web = { uuid: plainUuid(8, 9), disk_template: 'file', disks: [{ uuid: one, size: 1, logical_id: [] }] };
    refused(
      on('file', {
        instances: [guest(web), guest({ name: 'b', disk_template: 'file', disks: [{ size: 1, logical_id: ['loop', standard] }] })],
      }),
      /name of a file of another disk/,
    );
  });

  it('is refused when a disk, a range or a name is odd, with the member that is wrong', () => {
    const disks = (id: unknown, more: object = {}) => ({
      instances: [guest({ disk_template: 'sharedfile', disks: [{ size: 1, logical_id: id, ...more }] })],
    });
    for (const path of ['', '/etc/passwd', 'a/../../x', 'a/b/c', 'a', 'a/.b', 'a/x\n', '/srv/gantry/../x/y'])
      refused(disks(['loop', path]), /instances\.0\.disks\.0\.logical_id: instance web: disk 0: the path /);
    refused(disks(['zork', 'a/b']), /driver "zork"/);
    refused(disks(['loop', 'a/b'], { children: [{ ...disk0, dev_type: 'plain' }] }), /disks\.0\.children: .*not made of others/);
    for (const port_range of [
      [5, 1],
      [14_000, 11_000],
      [11_000, 65_536],
      [-1, 20_000],
      [5899, 6000],
    ])
      refused({ cluster: { port_range } }, /cluster\.port_range: .* is not a range of ports/);
    assert.equal(plan({ cluster: { port_range: [5900, 65_535] } }).writes.last.length, 1);
    for (const network_port of [-1, 0, 22, 5899, 65_536]) refused({ instances: [guest({ network_port })] }, /instances\.0\.network_port/);
    refused(
      { instances: [guest({ secondary_nodes: ['n1'] })], nodes: [n1] },
      /instances\.0\.secondary_nodes: .* needs 0 secondary nodes, not 1/,
    );
    refused({ cluster: { hvparams: { kvn: {} } } }, /cluster\.hvparams\.kvn: is not known here; did you mean "kvm"\?/);
    refused(
      { cluster: { hvparams: { kvm: { boot_ordr: 'c' } } } },
      /cluster\.hvparams\.kvm\.boot_ordr: is not known here; did you mean "boot_order"\?/,
    );
    refused({ cluster: { os_hvp: { tiny: { kvm: { zork: 1 } } } } }, /cluster\.os_hvp\.tiny\.kvm\.zork: /);
    refused({ cluster: { diskparams: { plan: {} } } }, /cluster\.diskparams\.plan: .*did you mean "plain"\?/);
    refused({ groups: [{ name: 'g', diskparams: { zork: {} } }] }, /groups\.0\.diskparams\.zork: is not known here/);
    const beparams = { maxmem: 128, minmem: 256, vcpus: 1, auto_balance: true, always_failover: false, spindle_use: 1 };
    refused({ cluster: { beparams } }, /cluster\.beparams\.minmem: 256 is above/);
    const connected = (how: object) => ({ networks: [{ name: 'l', network: '10.0.0.0/24', groups: { group0: how } }] });
    refused(connected({ mode: 'zork', link: 'br0', vlan: '' }), /networks\.0\.groups\.group0\.mode: network l: /);
    refused(connected({ mode: 'bridged', link: '-x', vlan: '' }), /networks\.0\.groups\.group0: network l: "-x" is not the name/);
    refused(
      connected({ mode: 'bridged', link: 'br0', vlan: '', zork: 1 }),
      /networks\.0\.groups\.group0\.zork: network l: is not known here/,
    );
    refused({ instances: [guest({ osparams: { x: 'x'.repeat(2 ** 20) } })] }, /instances\.0: .*\d{7} bytes; at most 1048576/);
    refused({ cluster: { location: 'x'.repeat(2 ** 20) } }, /cluster: .*\d{7} bytes; at most 1048576/);
  });

  it('has no more disks and NICs than an instance can have', () => {
    const many = (count: number, one: object) => Array.from({ length: count }, () => one);
    assert.throws(() => fileOf({ instances: [guest({ nics: many(9, {}) })] }), { code: 'INPUT_INVALID' });
    assert.throws(() => fileOf({ instances: [guest({ disks: many(17, { size: 1, logical_id: [] }) })] }), { code: 'INPUT_INVALID' });
    assert.throws(() => fileOf({ instances: [guest({ primary_nod: 'x' })] }), {
      message: /instances\.0\.primary_nod.*did you mean "primary_node"\?/,
    });
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GantryError } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import { createSecretBox } from '../../store/index.ts';
import { perform, type Scene, sceneTime } from '../testing/perform.ts';
import { plainGroup, plainInstance, plainLive, plainNetwork, plainNode, plainUuid } from '../testing/plain-config.ts';
import { instanceCreate } from './instance-create.ts';

const [node0, node1, group0, group1] = [plainUuid(2, 0), plainUuid(2, 1), plainUuid(1, 0), plainUuid(1, 1)];
const lost = new GantryError('NODE_UNREACHABLE', { node: 'node0', address: '192.0.2.1:1811', problem: 'no route' });
const broken = new GantryError('OS_INVALID', { os: 'tiny', problem: 'it broke' });
const noFolder = new GantryError('STORAGE_DIR_MISSING', { directory: '/srv/file', template: 'file' });
const newUuid = (number: number) => plainUuid(7, number);

/** An instance web1 with a disk of 1 GiB on node0, of which the OS is installed and which is started. */
const create = (params: Readonly<Record<string, unknown>> = {}, scene: Scene = {}) =>
  perform(
    instanceCreate,
    { instance_name: 'web1', pnode: 'node0', os_type: 'tiny', disk_template: 'file', disks: [{ size: 1024 }], nics: [{}], ...params },
    { nodes: [plainNode(0), plainNode(1)], cluster: { enabled_disk_templates: ['file', 'sharedfile', 'diskless'] }, ...scene },
  );
const created = ({ config }: Awaited<ReturnType<typeof create>>) => config.instances.find('web1') as Instance;
const bare = { disk_template: 'diskless', disks: undefined, os_type: undefined, no_install: true };

describe('a creation', () => {
  it('reserves, makes the disk, installs and starts', async () => {
    const outcome = await create();
    assert.deepEqual(outcome.calls, ['node0 os-verify-params', 'node0 disk-create', 'node0 os-install', 'node0 instance-start']);
    assert.deepEqual(outcome.steps, [
      'reserve name, addresses and room',
      'create disk 0',
      'install the OS',
      'start',
      'record that it is up',
    ]);
    assert.deepEqual(outcome.result, ['node0']);
    assert.deepEqual(outcome.log, ['Node node0 takes instance web1.']);
    const shown = [
      [0, 'begun'],
      [0.5, 'half'],
    ];
    assert.deepEqual(outcome.progress, [...shown, ...shown, ...shown], 'of the disk, the OS and the start');
    assert.deepEqual(outcome.params[0], { os: 'tiny', force_variant: false, osparams: {}, secret_osparams: {} });
    const { disk, instance } = outcome.params[1] as { disk: { uuid: string }; instance: unknown };
    assert.deepEqual([disk.uuid, instance], [newUuid(2), { uuid: newUuid(1), name: 'web1' }]);
    const install = outcome.params[2] as { reinstall: boolean; debug: number };
    assert.deepEqual([install.reinstall, install.debug], [false, 0]);
    assert.deepEqual(created(outcome), {
      uuid: newUuid(1),
      name: 'web1',
      ctime: sceneTime / 1000,
      mtime: sceneTime / 1000,
      serial_no: 1,
      tags: [],
      primary_node: node0,
      secondary_nodes: [],
      os: 'tiny',
      hypervisor: 'kvm',
      hvparams: {},
      beparams: {},
      osparams: {},
      osparams_private: {},
      admin_state: 'up',
      admin_state_source: 'admin',
      disk_template: 'file',
      disks: [
        {
          ...{ uuid: newUuid(2), name: null, dev_type: 'file', size: 1024, mode: 'rw', format: 'raw', params: {} },
          logical_id: ['loop', `${newUuid(1)}/${newUuid(2)}.raw`],
        },
      ],
      nics: [{ uuid: newUuid(3), name: null, mac: 'aa:00:00:80:80:80', ip: null, network: null, nicparams: {} }],
      disks_active: true,
      network_port: 11_000,
      forthcoming: false,
    });
    assert.deepEqual(outcome.claims, { 'mac aa:00:00:80:80:80': newUuid(1), 'port 11000': newUuid(1) });
    const silentOs = { os_hvp: { tiny: { kvm: { vnc_bind_address: '' } } } };
    assert.equal(created(await create({}, { cluster: silentOs })).network_port, null, 'as its OS has it');
    const quiet = await create({ hvparams: { vnc_bind_address: '' } });
    assert.equal(created(quiet).network_port, null);
    assert.deepEqual(Object.keys(quiet.claims), ['mac aa:00:00:80:80:80']);
  });

  it('has everything that is asked for', async () => {
    const lan = plainNetwork(0, { groups: { [group0]: { mode: 'bridged', link: 'br0', vlan: '' } } });
    const params = {
      tags: ['b', 'a', 'b'],
      force_variant: true,
      start: false,
      hvparams: { vnc_bind_address: '127.0.0.1' },
      beparams: { maxmem: 512 },
      disk_template: 'sharedfile',
      disks: [{ size: 10, name: 'root', mode: 'ro', format: 'qcow2' }, { size: 20 }],
      nics: [{ network: 'network0', ip: 'pool', name: 'eth' }],
    };
    const outcome = await create(params, { networks: [lan], claims: { 'port 11000': 'other' } });
    const instance = created(outcome);
    assert.deepEqual(instance.tags, ['a', 'b']);
    assert.deepEqual(
      instance.disks.map(({ name, mode, format, logical_id }) => [name, mode, format, logical_id]),
      [
        ['root', 'ro', 'qcow2', ['loop', `/srv/shared/${newUuid(1)}/${newUuid(2)}.qcow2`]],
        [null, 'rw', 'raw', ['loop', `/srv/shared/${newUuid(1)}/${newUuid(3)}.raw`]],
      ],
    );
    assert.deepEqual([instance.network_port, instance.admin_state, instance.disks_active], [11_001, 'down', false]);
    assert.deepEqual([instance.nics[0]?.ip, instance.nics[0]?.name], ['10.0.0.2', 'eth']);
    assert.deepEqual(outcome.calls, ['node0 os-verify-params', 'node0 disk-create', 'node0 disk-create', 'node0 os-install']);
    assert.equal((outcome.params[0] as { force_variant: boolean }).force_variant, true);
    const { uuid } = instance;
    assert.deepEqual(outcome.claims, {
      'port 11000': 'other',
      'port 11001': uuid,
      'mac aa:00:00:80:80:80': uuid,
      [`ip ${lan.uuid}:10.0.0.2`]: uuid,
    });
  });

  it('needs no OS without a disk, or where nothing is to be installed', async () => {
    assert.deepEqual((await create(bare)).calls, ['node0 instance-start']);
    assert.deepEqual((await create({ ...bare, start: false })).calls, []);
    assert.deepEqual((await create({ os_type: undefined, no_install: true })).calls, ['node0 disk-create', 'node0 instance-start']);
    assert.deepEqual((await create({ no_install: true, start: false })).calls, ['node0 os-verify-params', 'node0 disk-create']);
    assert.deepEqual(
      created(await create({ disks: undefined })).disks.map(({ size }) => size),
      [1024],
      'the standard disk',
    );
  });

  it('asks in a dry run what the node would refuse at the start', async () => {
    const dryRun = true;
    assert.deepEqual((await create({}, { dryRun })).calls, ['node0 os-verify-params', 'node0 instance-check']);
    assert.deepEqual((await create({ ...bare, start: false }, { dryRun })).calls, []);
    assert.deepEqual((await create(bare, { dryRun })).calls, ['node0 instance-check']);
    assert.deepEqual((await create({ os_type: undefined, no_install: true, start: false }, { dryRun })).calls, ['node0 instance-check']);
    const { params } = await create({}, { dryRun });
    assert.equal((params[1] as { disks: string }).disks, 'new');
  });

  it('is undone when it fails: last first, and what was claimed is free again', async () => {
    const outcome = await create({}, { answers: { 'node0 instance-start': broken } });
    assert.equal(outcome.error, broken);
    assert.deepEqual(outcome.calls.slice(4), [
      'undo start',
      'node0 instance-stop',
      'undo create disk 0',
      'node0 disk-remove',
      'undo reserve name, addresses and room',
    ]);
    assert.deepEqual(outcome.params[5], { uuid: newUuid(1), name: 'web1', hypervisor: 'kvm', timeout: 0 });
    assert.equal(outcome.config.instances.size, 0);
    assert.deepEqual([outcome.claims, outcome.garbage], [{}, []]);
  });

  it('leaves for later what an unreachable node has of it', async () => {
    const answers = { 'node0 instance-start': lost, 'node0 instance-stop': lost, 'node0 disk-remove': lost };
    const { garbage, config, log } = await create({}, { answers });
    assert.deepEqual(
      garbage.map(({ type, node }) => [type, node]),
      [
        ['instance', node0],
        ['disk', node0],
      ],
    );
    assert.equal(config.instances.size, 0);
    assert.match(log[1] ?? '', /^Node cannot be reached; web1 is stopped there/);
    const stuck = { 'node0 instance-start': broken, 'node0 instance-stop': broken };
    await assert.rejects(create({}, { answers: stuck }), { code: 'OS_INVALID' }, 'a node that answers must undo it');
    await assert.rejects(create({}, { answers: { 'node0 os-install': broken, 'node0 disk-remove': broken } }), { code: 'OS_INVALID' });
  });

  it('needs no undoing of a disk that cannot have been made', async () => {
    const missing = await create({}, { answers: { 'node0 disk-create': noFolder, 'node0 disk-remove': noFolder } });
    assert.equal(missing.error, noFolder);
    assert.deepEqual(
      missing.garbage.map(({ type }) => type),
      ['disk'],
      'the folder may come back with it',
    );
    assert.match(missing.log[1] ?? '', /^Nothing is there to be undone: /);
    const template = new GantryError('STORAGE_TEMPLATE_UNSUPPORTED', { template: 'file', supported: '' } as never);
    const never = await create({}, { answers: { 'node0 disk-create': template, 'node0 disk-remove': template } });
    assert.deepEqual([never.error, never.garbage, never.config.instances.size], [template, [], 0]);
  });

  it('is refused where the node has become unfit meanwhile', async () => {
    const cases: [Scene['nodes'], string][] = [
      [[plainNode(0, { offline: true })], 'NODE_OFFLINE'],
      [[plainNode(0, { drained: true })], 'NODE_DRAINED'],
      [[plainNode(0, { vm_capable: false })], 'NODE_NOT_VM_CAPABLE'],
    ];
    for (const [nodes, code] of cases) await assert.rejects(create({}, { nodes: nodes ?? [] }), { code });
  });
});

describe('a creation is refused', () => {
  const cases: [what: string, params: Record<string, unknown>, code: string, scene?: Scene][] = [
    ['with a name that is taken', { instance_name: 'instance0' }, 'NAME_TAKEN', { instances: [plainInstance(0, 0, 1)] }],
    ['on a node that nobody knows', { pnode: 'node7' }, 'OBJECT_UNKNOWN'],
    ['with a hypervisor that is not enabled', { hypervisor: 'fake' }, 'HYPERVISOR_NOT_ENABLED'],
    ['with a template that is not enabled', { disk_template: 'plain' }, 'DISK_TEMPLATE_NOT_ENABLED'],
    [
      'with disks but diskless',
      { disk_template: 'diskless' },
      'DISKS_WITHOUT_TEMPLATE',
      { cluster: { enabled_disk_templates: ['diskless'] } },
    ],
    ['without an OS for its disk', { os_type: undefined }, 'INPUT_INVALID'],
    ['with less than no memory', { beparams: { minmem: 512, maxmem: 256 } }, 'INPUT_INVALID'],
    ['with a parameter that its hypervisor does not know', { hvparams: { colour: 'red' } }, 'INPUT_INVALID'],
    ['with a public VNC', { hvparams: { vnc_bind_address: '0.0.0.0' } }, 'VNC_ADDRESS_REFUSED'],
    ['beyond the policy', { beparams: { vcpus: 9 } }, 'IPOLICY_VIOLATED'],
    ['beyond the policy of its group', { pnode: undefined, group_name: 'group0', beparams: { vcpus: 9 } }, 'IPOLICY_VIOLATED'],
    ['beyond every policy', { pnode: undefined, beparams: { vcpus: 9 } }, 'IPOLICY_VIOLATED'],
    ['with more disks than the policy has', { disks: Array.from({ length: 17 }, () => ({ size: 1 })) }, 'IPOLICY_VIOLATED'],
    ['with more NICs than the policy has', { nics: Array.from({ length: 9 }, () => ({})) }, 'IPOLICY_VIOLATED'],
    ['with another allocator', { iallocator: 'mine' }, 'IALLOCATOR_UNKNOWN'],
    ['in a group that nobody knows', { pnode: undefined, group_name: 'nowhere' }, 'OBJECT_UNKNOWN'],
    ['without room', { pnode: undefined, beparams: { maxmem: 20_000 } }, 'PLACEMENT_IMPOSSIBLE'],
    ['with an OS that the node does not take', {}, 'OS_INVALID', { answers: { 'node0 os-verify-params': broken } }],
    [
      'with a template that cannot be made',
      { disk_template: 'plain' },
      'INPUT_INVALID',
      { cluster: { enabled_disk_templates: ['plain'] } },
    ],
  ];
  for (const [what, params, code, scene] of cases) it(what, () => assert.rejects(create(params, scene), { code }));

  it('but not beyond a policy that is ignored', async () => {
    assert.equal((await create({ beparams: { vcpus: 9 }, ignore_ipolicy: true })).error, undefined);
    const { error } = await create({ pnode: undefined, beparams: { vcpus: 9 }, ignore_ipolicy: true, ...bare });
    assert.equal(error, undefined);
    assert.equal((await create({ nics: undefined })).error, undefined, 'one NIC counts where none is named');
    const policy = { ...plainGroup(0), ipolicy: { minmax: [{ min: point(0, 2), max: point(9, 9) }] } };
    await assert.rejects(create({ nics: undefined }, { groups: [policy as never] }), { code: 'IPOLICY_VIOLATED' });
  });
});

const point = (other: number, nics: number) => ({
  ...{ 'memory-size': other * 10_000, 'disk-size': other * 10_000, 'disk-count': other, 'cpu-count': other },
  ...{ 'nic-count': nics, 'spindle-use': other },
});

describe('a creation that chooses its node', () => {
  const small = { minmax: [{ min: point(0, 0), max: { ...point(9, 9), 'cpu-count': 1 } }] };
  const groups = [plainGroup(0, { ipolicy: small as never }), plainGroup(1)];
  const nodes = [plainNode(0), plainNode(1, { group: group1 })];
  const choose = (params: Record<string, unknown> = {}, scene: Scene = {}) =>
    create({ pnode: undefined, ...bare, ...params }, { groups, nodes, ...scene });

  it('takes one of a group whose policy it fits', async () => {
    assert.deepEqual((await choose({ beparams: { vcpus: 2 } })).result, ['node1']);
    await assert.rejects(choose({ beparams: { vcpus: 2 }, group_name: 'group0' }), { code: 'IPOLICY_VIOLATED' });
    assert.deepEqual((await choose({ beparams: { vcpus: 2 }, group_name: 'group0', ignore_ipolicy: true })).result, ['node0']);
    assert.deepEqual((await choose({ group_name: 'group1' })).result, ['node1']);
    const last = [plainGroup(0, { ipolicy: small as never }), plainGroup(1, { alloc_policy: 'unallocable' })];
    await assert.rejects(choose({ beparams: { vcpus: 2 } }, { groups: last }), { code: 'IPOLICY_VIOLATED' });
    assert.deepEqual((await choose({ beparams: { vcpus: 2 }, group_name: 'group1' }, { groups: last })).result, ['node1']);
  });

  it('takes one with the bridges of its NICs, and a group with its networks', async () => {
    const live = plainLive({ [node0]: { bridges: ['br1'] }, [node1]: { bridges: ['br0'] } });
    assert.deepEqual((await choose({ nics: [{ link: 'br1' }] }, { live })).result, ['node0']);
    assert.deepEqual((await choose({ nics: [{ link: 'br0' }] }, { live })).result, ['node1']);
    const lan = plainNetwork(0, { groups: { [group1]: { mode: 'bridged', link: 'br7', vlan: '' } } });
    assert.deepEqual((await choose({ nics: [{ network: 'network0', ip: 'pool' }] }, { networks: [lan] })).result, ['node1']);
    await assert.rejects(choose({ nics: [{ link: 'br9' }] }, { live }), /it has no bridge br9/);
    await assert.rejects(choose({ nics: [{ network: 'no' }] }), { code: 'OBJECT_UNKNOWN' });
  });

  it('says when the cluster could not lose a node already', async () => {
    const one = { nodes: [plainNode(0), plainNode(1)], groups: [plainGroup(0)] };
    const full = [0, 1].map((number) => plainInstance(number, number, 1, { disk_template: 'sharedfile', beparams: { maxmem: 10_000 } }));
    const { log, result } = await choose({}, { ...one, instances: full });
    assert.equal((result as string[]).length, 1);
    assert.match(log[0] ?? '', /cannot lose every one of its nodes as it is/);
    assert.deepEqual((await choose({}, one)).log.length, 1);
  });
});

describe('parameters of the OS', () => {
  const secrets = createSecretBox();
  const live = plainLive({ [node0]: { secret_osparams: { tiny: { root: 'secret', key: 'private' } } } });
  const scene = { secrets, live };

  it('go to the node opened, and are kept as their kind says', async () => {
    const given = {
      osparams: { locale: 'de', root: secrets.seal('geheim'), key: secrets.seal('k1') },
      osparams_private: { user: secrets.seal('me') },
      osparams_secret: { once: secrets.seal('1x') },
    };
    const outcome = await create(given, scene);
    const sent = { osparams: { locale: 'de' }, secret_osparams: { root: 'geheim', key: 'k1', user: 'me', once: '1x' } };
    const { os: _os, force_variant: _force, ...verified } = outcome.params[0] as Record<string, unknown>;
    assert.deepEqual(verified, sent);
    const install = outcome.params[2] as { instance: { osparams: object }; secret_osparams: object };
    assert.deepEqual({ osparams: install.instance.osparams, secret_osparams: install.secret_osparams }, sent);
    const { osparams, osparams_private = {} } = created(outcome);
    assert.deepEqual(osparams, { locale: 'de' });
    assert.deepEqual(Object.keys(osparams_private).sort(), ['key', 'user']);
    assert.ok(!JSON.stringify([outcome.plan, osparams_private]).includes('geheim'));
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GantryError, silentLog, silentOperation } from '../../base/index.ts';
import type { HandlerContext, InstanceRuntime, NodeHandlers, OsInfo } from '../../rpc/index.ts';
import { type Activation, memoryActivations } from '../activations.ts';
import { createHandlers } from '../create-handlers.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { NetworkPort } from '../network/network-port.ts';
import type { NodeParts } from '../node-parts.ts';
import type { DiskTemplateAdapter } from '../storage/disk-template.ts';
import { testDisk, testInstance } from '../testing/instance-spec.ts';

const context = (signal = new AbortController().signal): HandlerContext => ({
  stepId: 's',
  operation: silentOperation,
  progress: () => undefined,
  signal,
});
const row = (uuid: string, state: InstanceRuntime['state'], memory = 100) => ({ uuid, state, memory }) as InstanceRuntime;

/** Parts that write down what is asked of them; a call whose name is in `broken` fails. */
function recordingParts(alive: readonly InstanceRuntime[] = [], broken: readonly string[] = []) {
  const calls: string[] = [];
  const active = new Map<string, Activation>();
  const call = async <T>(name: string, result: T): Promise<T> => {
    calls.push(name);
    await new Promise(setImmediate);
    const failed = broken.find((one) => name.startsWith(one));
    if (failed !== undefined) throw new Error(`${failed} failed`);
    return result;
  };
  const template = (name: string, free: number | null) =>
    ({
      name,
      activate: (disk: { uuid: string }) =>
        call(`activate ${disk.uuid}`, { path: `/${disk.uuid}`, format: 'raw', driver: 'file', size: 1 }),
      deactivate: (disk: { uuid: string }) => call(`deactivate ${disk.uuid}`, undefined),
      create: (disk: { uuid: string }, owner: { name: string }) => call(`create ${disk.uuid} of ${owner.name}`, { changed: true }),
      remove: (disk: { uuid: string }) => call(`remove ${disk.uuid}`, { changed: true }),
      ...(name !== 'file' && {
        rename: (disk: { uuid: string }, id: string[], owner: { name: string }) =>
          call(`rename ${disk.uuid} to ${id[1]} of ${owner.name}`, { changed: true }),
      }),
      list: () => call(`list ${name}`, [{ path: `/${name}` }]),
      find: (disk: { uuid: string }, owner?: { name: string }) =>
        call(`find ${disk.uuid} of ${owner?.name}`, disk.uuid === 'gone' ? null : { path: disk.uuid }),
      pools: () => call(`space ${name}`, free === null ? [] : [{ name: '/x', total: 1000, free }]),
    }) as unknown as DiskTemplateAdapter;
  const hypervisor = {
    name: 'fake',
    list: () => call('instances', alive),
    start: (request: { disks: { uuid: string }[]; nics: { tap: string }[] }) =>
      call(`start with ${[...request.disks.map(({ uuid }) => uuid), ...request.nics.map(({ tap }) => tap)].join(' ')}`, { changed: true }),
    stop: (one: { uuid: string }, seconds: number) => call(`stop ${one.uuid} ${seconds}`, { changed: true, graceful: true }),
    reset: (one: { uuid: string }) => call(`reset ${one.uuid}`, { changed: true }),
    resume: (one: { uuid: string }) => call(`resume ${one.uuid}`, { changed: true }),
    nicWish: () => ({ kind: 'tap', ownerUid: 77 }),
    consoles: { places: (one: { uuid: string }) => call(`console ${one.uuid}`, { serial_socket: null, vnc: null }), open: {} },
    migration: {
      accept: (_request: object, source: string, address: string) =>
        call(`accept from ${source} on ${address}`, { address, port: 1, machine: 'm' }),
      send: ({ uuid }: { uuid: string }) => call(`send ${uuid}`, { downtime_ms: 1, total_ms: 2, ram_mib: 3 }),
      finish: (one: { uuid: string }, role: string, success: boolean) => call(`finish ${one.uuid} ${role} ${success}`, { changed: true }),
    },
  } as unknown as Hypervisor;
  const network = {
    check: (_: object, nic: { uuid: string }, index: number) => call(`check ${nic.uuid} ${index}`, undefined),
    prepare: (_: object, nic: { uuid: string; mac: string }, index: number, { ownerUid }: { ownerUid: number }) =>
      call(`prepare ${nic.uuid} ${index} ${ownerUid}`, { kind: 'tap', uuid: nic.uuid, mac: nic.mac, tap: `tap${index}` }),
    cleanup: ({ uuid }: { uuid: string }) => call(`cleanup ${uuid}`, undefined),
    links: () => call('links', { bridges: ['br0'], switches: ['sw0'] }),
  } as unknown as NetworkPort;
  const os = (name: string, valid: boolean, secret_parameters?: object) =>
    ({ name, valid, ...(secret_parameters && { secret_parameters }) }) as unknown as OsInfo;
  const parts: NodeParts = {
    name: 'n1',
    version: '1.2',
    hypervisors: new Map([['fake', hypervisor]]),
    diskTemplates: new Map([
      ['file', template('file', null)],
      ['sharedfile', template('sharedfile', 100)],
    ]) as NodeParts['diskTemplates'],
    network,
    os: {
      list: () => call('oses', [os('a', true, { p: 'secret' }), os('b', true), os('c', false, { q: 'secret' })]),
      verifyParams: () => call('verify', undefined),
      install: ({ disks, secrets, reinstall, debug }) =>
        call(
          `install ${disks.map(({ uuid, mode }) => `${uuid} ${mode}`).join()} ${Object.keys(secrets ?? {}).join()} ${reinstall} ${debug}`,
          { log: 'l' },
        ),
    },
    host: async () => ({ bootId: 'b', memoryTotal: 1000, memoryAvailable: 600, cpuTotal: 4, cpuNodes: 2, cpuSockets: 1 }),
    probes: async () => ({}),
    activations: memoryActivations(active),
    certificates: {
      request: async () => 'csr',
      install: async ({ certificate }) => ({ changed: certificate === 'new' }),
      expires: () => 42,
      revoke: async (crl) => ({ changed: crl === 'new' }),
      identity: () => ({ serial: '', list: '' }),
      needsRenewal: () => false,
    },
    monitorSettings: { current: () => ({}), store: async () => ({ changed: true }) } as unknown as NodeParts['monitorSettings'],
    addressTowards: async (peer) => `towards ${peer}`,
    folderProblem: async () => null,
    folderExposure: async () => null,
    log: silentLog,
  };
  return { parts, calls, active, handlers: createHandlers(parts) as NodeHandlers };
}

const instance = testInstance('i1', { disks: [testDisk('d0'), testDisk('d1', { dev_type: 'file', mode: 'ro' })] });
const ref = { uuid: 'i1', name: 'name-of-i1', hypervisor: 'fake' } as const;
const [nic] = instance.nics.map(({ uuid }) => uuid);

describe('a start', () => {
  it('makes disks and NICs ready, and hands them over', async () => {
    const { calls, active, handlers } = recordingParts();
    assert.deepEqual(await handlers['instance-start']({ instance }, context()), { changed: true });
    assert.deepEqual(calls, ['activate d0', 'activate d1', `prepare ${nic} 0 77`, 'start with d0 d1 tap0']);
    assert.deepEqual(active.get('i1'), { uuid: 'i1', name: 'name-of-i1', disks: instance.disks });
  });

  it('that fails takes everything back, unless the instance runs; the first fault is told', async () => {
    const back = ['cleanup i1', 'deactivate d0', 'deactivate d1'];
    for (const [broken, alive, after] of [
      [['start'], [], ['instances', ...back]],
      [['start'], [row('i1', 'shutdown'), row('i2', 'running')], ['instances', ...back]],
      [['start'], [row('i1', 'crashed')], ['instances', ...back]],
      [['start'], [row('i1', 'running')], ['instances']],
      [['start'], [row('i1', 'paused')], ['instances']],
      [['start', 'cleanup'], [], ['instances', 'cleanup i1']],
      [['start', 'instances'], [], ['instances']],
    ] as const) {
      const { calls, active, handlers } = recordingParts(alive, broken);
      await assert.rejects(handlers['instance-start']({ instance }, context()), { message: 'start failed' });
      assert.deepEqual(calls.slice(4), after, broken.join());
      assert.equal(active.has('i1'), !after.includes('deactivate d1' as never), broken.join());
    }
    const { calls, handlers } = recordingParts([], ['activate d1']);
    await assert.rejects(handlers['instance-start']({ instance }, context()), { message: 'activate d1 failed' });
    assert.deepEqual(calls, ['activate d0', 'activate d1', 'instances', ...back]);
  });

  it('keeps in mind what an earlier one made ready', async () => {
    const { active, handlers } = recordingParts();
    const old = testDisk('old');
    active.set('i1', { uuid: 'i1', name: 'x', disks: [old, testDisk('d0', { size: 1 })] });
    await handlers['instance-start']({ instance }, context());
    assert.deepEqual(active.get('i1')?.disks, [...instance.disks, old]);
  });

  it('needs a hypervisor that this node has', async () => {
    const { parts, handlers } = recordingParts();
    const start = (one: NodeHandlers) => one['instance-start']({ instance: { ...instance, hypervisor: 'kvm' } }, context());
    const missing = (problem: string) => ({ code: 'HYPERVISOR_UNSUPPORTED', facts: { hypervisor: 'kvm', problem } });
    await assert.rejects(start(handlers), missing('this node has no adapter for it, only for fake'));
    await assert.rejects(
      start(createHandlers({ ...parts, hypervisors: new Map() })),
      missing('this node has no adapter for it, only for none'),
    );
  });
});

describe('a check', () => {
  it('looks at the hypervisor, at the NICs, and at what there must be of disks', async () => {
    const check = async (disks: 'new' | 'present' | undefined, spec = instance) => {
      const { calls, handlers } = recordingParts();
      const answer = await handlers['instance-check']({ instance: spec, ...(disks && { disks }) } as never, context()).catch(
        (error: unknown) => error as GantryError,
      );
      return [answer instanceof GantryError ? [answer.code, answer.facts] : answer, ...calls];
    };
    assert.deepEqual(await check(undefined), [{}, `check ${nic} 0`]);
    assert.deepEqual(await check('present'), [{}, 'find d0 of name-of-i1', 'find d1 of name-of-i1', `check ${nic} 0`]);
    const gone = { ...instance, disks: [testDisk('gone', { logical_id: ['loop', '/p'] as never })] };
    assert.deepEqual(await check('present', gone), [['STORAGE_DISK_MISSING', { disk: 'gone', path: '/p' }], 'find gone of name-of-i1']);
    const nameless = { ...instance, disks: [testDisk('gone')] };
    assert.deepEqual((await check('present', nameless))[0], ['STORAGE_DISK_MISSING', { disk: 'gone', path: '' }]);
    assert.deepEqual(await check('new'), [{}, 'space sharedfile', 'space file', `check ${nic} 0`]);
    const sized = (...sizes: number[]) => ({
      ...instance,
      disks: [...sizes.map((size, index) => testDisk(`d${index}`, { size })), testDisk('f', { dev_type: 'file', size: 9999 })],
    });
    assert.deepEqual((await check('new', sized(60, 40)))[0], {});
    assert.deepEqual(await check('new', sized(60, 41)), [
      ['STORAGE_FULL', { subject: 'the disks of name-of-i1', directory: 'sharedfile', needed: 101, free: 100 }],
      'space sharedfile',
    ]);
    assert.equal(((await check(undefined, { ...instance, hypervisor: 'kvm' }))[0] as [string])[0], 'HYPERVISOR_UNSUPPORTED');
  });
});

describe('other calls', () => {
  it('take away what an instance needs no more, after its stop and after it has moved', async () => {
    const released = (prefix: string[]) => [...prefix, 'cleanup i1', 'deactivate d0', 'deactivate d1'];
    const after = async (work: (handlers: NodeHandlers) => Promise<unknown>) => {
      const { calls, active, handlers } = recordingParts();
      active.set('i1', { uuid: 'i1', name: 'x', disks: instance.disks });
      const answer = await work(handlers);
      assert.equal(active.has('i1'), !calls.includes('cleanup i1'));
      return [answer, calls];
    };
    assert.deepEqual(await after((one) => one['instance-stop']({ ...ref, timeout: 9 }, context())), [
      { changed: true, graceful: true },
      released(['stop i1 9']),
    ]);
    for (const [role, success, stays] of [
      ['target', true, true],
      ['target', false, false],
      ['source', true, false],
      ['source', false, true],
    ] as const) {
      const asked = [`finish i1 ${role} ${success}`];
      const finished = await after((one) => one['migration-finish']({ ...ref, role, success }, context()));
      assert.deepEqual(finished, [{ changed: true }, stays ? asked : released(asked)]);
    }
  });

  it('reach the hypervisor', async () => {
    const { calls, handlers } = recordingParts([row('i1', 'running')]);
    await handlers['instance-reset'](ref, context());
    await handlers['instance-resume'](ref, context());
    await handlers['instance-console'](ref, context());
    await handlers['migration-send']({ ...ref, address: 'a', port: 1, live: true, bandwidth: 1, downtime: 1 }, context());
    assert.deepEqual(await handlers['instance-list']({}, context()), [row('i1', 'running')]);
    await handlers['migration-accept']({ instance: { ...instance, disks: [], nics: [] }, source_address: '10.0.0.9' }, context());
    assert.deepEqual(calls, ['reset i1', 'resume i1', 'console i1', 'send i1', 'instances', 'accept from 10.0.0.9 on towards 10.0.0.9']);
  });

  it('are refused that the hypervisor cannot carry out', async () => {
    const { parts, calls } = recordingParts();
    const { reset: _, resume: __, migration: ___, consoles: ____, ...poor } = parts.hypervisors.get('fake') as Hypervisor;
    const handlers = createHandlers({ ...parts, hypervisors: new Map([['fake', poor as Hypervisor]]) });
    const incapable = (ability: string) => ({ code: 'HYPERVISOR_INCAPABLE', message: `The hypervisor fake cannot ${ability}.` });
    const moving = incapable('migrate a running instance');
    const sent = { ...ref, address: 'a', port: 1, live: true, bandwidth: 1, downtime: 1 };
    await assert.rejects(async () => handlers['instance-reset'](ref, context()), incapable('reset a running instance'));
    await assert.rejects(async () => handlers['instance-resume'](ref, context()), incapable('resume a paused instance'));
    await assert.rejects(async () => handlers['migration-send'](sent, context()), moving);
    await assert.rejects(async () => handlers['migration-accept']({ instance, source_address: 'a' }, context()), moving);
    await assert.rejects(async () => handlers['migration-finish']({ ...ref, role: 'source', success: true }, context()), moving);
    assert.deepEqual(await handlers['instance-console'](ref, context()), { serial_socket: null, vnc: null });
    assert.deepEqual(calls, []);
  });

  it('are refused when a disk is of another kind than the hypervisor takes, and nothing of it stays', async () => {
    const { parts, calls } = recordingParts();
    const hypervisor = { ...parts.hypervisors.get('fake'), name: 'lxc', nicWish: () => ({ kind: 'veth' }) } as Hypervisor;
    const handlers = createHandlers({ ...parts, hypervisors: new Map([['lxc', hypervisor]]) });
    await assert.rejects(async () => handlers['instance-start']({ instance: { ...instance, hypervisor: 'lxc' } }, context()), {
      code: 'HYPERVISOR_UNSUPPORTED',
      facts: { hypervisor: 'lxc', problem: 'it takes disks as mounted folders, and disk d0 is one of block devices' },
    });
    assert.deepEqual(calls.slice(-3), ['cleanup i1', 'deactivate d0', 'deactivate d1']);
  });

  it('do nothing once they are cancelled', async () => {
    const { calls, handlers } = recordingParts();
    const cancelled = context(AbortSignal.abort());
    const disk = testDisk('d0');
    for (const work of [
      () => handlers['instance-start']({ instance }, cancelled),
      () => handlers['instance-stop']({ ...ref, timeout: 0 }, cancelled),
      () => handlers['instance-reset'](ref, cancelled),
      () => handlers['instance-resume'](ref, cancelled),
      () => handlers['migration-accept']({ instance, source_address: 'a' }, cancelled),
      () => handlers['migration-send']({ ...ref, address: 'a', port: 1, live: true, bandwidth: 1, downtime: 1 }, cancelled),
      () => handlers['migration-finish']({ ...ref, role: 'source', success: true }, cancelled),
      () => handlers['disk-create']({ disk, instance: ref }, cancelled),
      () => handlers['disk-remove']({ disk, instance: ref }, cancelled),
      () => handlers['disk-rename']({ disk, instance: ref, logical_id: [] }, cancelled),
      () => handlers['os-install']({ instance, reinstall: false, debug: 0 }, cancelled),
    ])
      await assert.rejects(work(), { name: 'AbortError' });
    assert.deepEqual(calls, []);
  });
});

describe('disks', () => {
  it('are made, and removed once nothing uses them', async () => {
    const { calls, active, handlers } = recordingParts();
    const disk = testDisk('d0');
    assert.deepEqual(await handlers['disk-create']({ disk, instance: ref }, context()), { changed: true });
    assert.deepEqual(await handlers['disk-remove']({ disk, instance: ref }, context()), { changed: true });
    active.set('i1', { uuid: 'i1', name: 'x', disks: [testDisk('other')] });
    await handlers['disk-remove']({ disk, instance: ref }, context());
    active.set('i1', { uuid: 'i1', name: 'x', disks: [disk] });
    await handlers['disk-remove']({ disk, instance: ref }, context());
    assert.deepEqual(calls, ['create d0 of name-of-i1', 'remove d0', 'remove d0', 'instances', 'deactivate d0', 'remove d0']);
    const running = recordingParts([row('i1', 'running')]);
    running.active.set('i1', { uuid: 'i1', name: 'x', disks: [disk] });
    await assert.rejects(running.handlers['disk-remove']({ disk, instance: ref }, context()), {
      code: 'INSTANCE_RUNNING',
      facts: { name: 'name-of-i1' },
    });
    assert.deepEqual(running.calls, ['instances']);
  });

  it('are renamed while nothing runs with them, where their template can do that', async () => {
    const disk = testDisk('d0');
    const rename = ({ handlers }: ReturnType<typeof recordingParts>, more: object = {}) =>
      handlers['disk-rename']({ disk: { ...disk, ...more }, instance: ref, logical_id: ['loop', 'i1/d0.raw'] }, context());
    const free = recordingParts();
    assert.deepEqual(await rename(free), { changed: true });
    assert.deepEqual(free.calls, ['instances', 'rename d0 to i1/d0.raw of name-of-i1']);
    await assert.rejects(rename(free, { dev_type: 'file' }), { code: 'STORAGE_RENAME_UNSUPPORTED', facts: { template: 'file' } });
    const running = recordingParts([row('i1', 'running')]);
    await assert.rejects(rename(running), { code: 'INSTANCE_RUNNING' });
    assert.deepEqual(running.calls, ['instances']);
  });

  it('of storage that nodes share are looked for one by one when a list of them is given', async () => {
    const { calls, handlers } = recordingParts();
    assert.deepEqual(await handlers['disk-list']({}, context()), [{ path: '/file' }, { path: '/sharedfile' }]);
    const shared = ['d0', 'gone', 'd2'].map((uuid) => ({ disk: testDisk(uuid), instance: { uuid: 'i', name: 'n' } }));
    assert.deepEqual(await handlers['disk-list']({ shared }, context()), [{ path: '/file' }, { path: 'd0' }, { path: 'd2' }]);
    assert.deepEqual(calls, ['list file', 'list sharedfile', 'list file', 'find d0 of n', 'find gone of n', 'find d2 of n']);
  });
});

describe('operating systems', () => {
  const install = (handlers: NodeHandlers, more: object = {}) =>
    handlers['os-install']({ instance, reinstall: true, debug: 2, ...more }, context());

  it('are installed on the disks, which are given back', async () => {
    const { calls, active, handlers } = recordingParts();
    assert.deepEqual(await install(handlers, { secret_osparams: { p: 'x' } }), { log: 'l' });
    const devices = ['activate d0', 'activate d1'];
    assert.deepEqual(calls, ['instances', ...devices, 'install d0 rw,d1 ro p true 2', 'deactivate d0', 'deactivate d1']);
    assert.equal(active.size, 0);
    assert.deepEqual(await handlers['os-verify-params']({ os: 'a', osparams: {}, force_variant: false }, context()), {});
    assert.equal((await handlers['os-list']({}, context())).length, 3);
  });

  it('are not installed under a running machine, and a failure leaves nothing', async () => {
    const running = recordingParts([row('i1', 'migrating-in')]);
    await assert.rejects(install(running.handlers), { code: 'INSTANCE_RUNNING', facts: { name: 'name-of-i1' } });
    assert.deepEqual(running.calls, ['instances']);
    const failing = recordingParts([], ['install']);
    await assert.rejects(install(failing.handlers), { message: 'install failed' });
    assert.deepEqual(failing.calls.slice(4), ['instances', 'cleanup i1', 'deactivate d0', 'deactivate d1']);
    assert.equal(failing.active.size, 0);
  });
});

describe('what a node tells of itself', () => {
  it('is this', async () => {
    const guests = [row('a', 'running', 100), row('b', 'paused', 50), row('c', 'shutdown', 400), row('d', 'crashed', 400)];
    const { handlers } = recordingParts(guests);
    assert.deepEqual(await handlers['node-info']({}, context()), {
      ...{ name: 'n1', version: '1.2', boot_id: 'b', memory_total: 1000, memory_free: 600, memory_dom0: 250 },
      ...{ storage: [{ type: 'sharedfile', name: '/x', total: 1000, free: 100 }] },
      ...{ disk_total: 1000, disk_free: 100, cpu_total: 4, cpu_nodes: 2, cpu_sockets: 1, hypervisors: {} },
      ...{ disk_templates: ['file', 'sharedfile'], certificate_expires: 42, bridges: ['br0'], switches: ['sw0'] },
      ...{ secret_osparams: { a: { p: 'secret' }, b: {} }, data_collectors: {} },
    });
  });

  it('goes without what cannot be found out', async () => {
    const { parts, handlers } = recordingParts([row('a', 'running', 900)], ['links', 'oses', 'space']);
    const { memory_dom0, disk_total, disk_free, secret_osparams, bridges, certificate_serial } = await handlers['node-info']({}, context());
    assert.deepEqual(
      [memory_dom0, disk_total, disk_free, secret_osparams, bridges, certificate_serial],
      [0, 0, 0, {}, undefined, undefined],
    );
    const known = { ...parts, certificates: { ...parts.certificates, identity: () => ({ serial: 'ab', list: 'cd' }) } };
    const info = await createHandlers(known)['node-info']({}, context());
    assert.deepEqual([info.certificate_serial, info.revocation_list], ['ab', 'cd']);
  });

  it('takes certificates and lists from its master', async () => {
    const { handlers } = recordingParts();
    assert.deepEqual(await handlers['certificate-request']({}, context()), { csr: 'csr' });
    const certificate = (one: string) => handlers['certificate-install']({ certificate: one, ca: '', crl: '' }, context());
    assert.deepEqual([await certificate('new'), await certificate('old')], [{ changed: true }, { changed: false }]);
    assert.deepEqual(await handlers['revocation-install']({ crl: 'new' }, context()), { changed: true });
    assert.deepEqual(await handlers['monitor-configure']({ collectors: {} }, context()), { changed: true });
  });
});

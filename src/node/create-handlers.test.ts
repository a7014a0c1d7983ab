import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLog, silentOperation } from '../base/index.ts';
import type { HandlerContext } from '../rpc/index.ts';
import { type Activation, memoryActivations } from './activations.ts';
import { createHandlers } from './create-handlers.ts';
import { createFakeHypervisor } from './hypervisor/fake-hypervisor.ts';
import type { Hypervisor } from './hypervisor/hypervisor.ts';
import { memoryMonitorSettings } from './monitor-settings.ts';
import { createFakeNetwork } from './network/fake-network.ts';
import type { NodeParts } from './node-parts.ts';
import { diskTemplatesOf } from './storage/disk-templates.ts';
import { createFakeTemplate } from './storage/fake-template.ts';
import { testDisk, testInstance } from './testing/instance-spec.ts';
import { withCode } from './testing/with-code.ts';

const context = (signal = new AbortController().signal): HandlerContext => ({
  stepId: 's',
  operation: silentOperation,
  progress: () => undefined,
  signal,
});
const diskless = (uuid: string) => testInstance(uuid, { disk_template: 'diskless', disks: [] });
const refTo = (uuid: string) => ({ uuid, name: `name-of-${uuid}`, hypervisor: 'fake' as const });

/** Parts of a node whose hypervisor is `hypervisor`, with what they keep. */
function partsWith(hypervisor: Hypervisor): NodeParts & { readonly active: Map<string, Activation> } {
  const active = new Map<string, Activation>();
  return {
    active,
    name: 'n1',
    version: '1',
    hypervisors: new Map([['fake', hypervisor]]),
    diskTemplates: diskTemplatesOf([createFakeTemplate({ name: 'sharedfile' })]),
    network: createFakeNetwork(),
    os: { list: async () => [], verifyParams: async () => {}, install: async () => ({ log: '' }) },
    host: () => assert.fail('not needed'),
    probes: async () => ({}),
    activations: memoryActivations(active),
    certificates: {
      request: async () => '',
      install: async () => ({ changed: false }),
      expires: () => 0,
      revoke: async () => ({ changed: true }),
      identity: () => ({ serial: '', list: '' }),
      needsRenewal: () => false,
    },
    monitorSettings: memoryMonitorSettings(),
    addressTowards: async () => '127.0.0.1',
    folderProblem: async () => null,
    folderExposure: async () => null,
    log: silentLog,
  };
}

describe('node handlers', () => {
  it('change one instance one call after the other, and others meanwhile', async () => {
    const gate = Promise.withResolvers<void>();
    const done: string[] = [];
    const real = createFakeHypervisor();
    const slow: Hypervisor = {
      ...real,
      start: async (request, handler) => {
        if (request.spec.uuid === 'slow') await gate.promise;
        const outcome = await real.start(request, handler);
        done.push(`start ${request.spec.uuid}`);
        return outcome;
      },
      stop: async (instance, timeout, handler) => {
        done.push(`stop ${instance.uuid}`);
        return real.stop(instance, timeout, handler);
      },
    };
    const parts = partsWith(slow);
    const handlers = createHandlers(parts);
    const start = handlers['instance-start']({ instance: diskless('slow') }, context());
    const stop = handlers['instance-stop']({ ...refTo('slow'), timeout: 0 }, context());
    await handlers['instance-start']({ instance: diskless('quick') }, context());
    await handlers['instance-stop']({ ...refTo('quick'), timeout: 0 }, context());
    gate.resolve();
    await Promise.all([start, stop]);
    assert.deepEqual(done, ['start quick', 'stop quick', 'start slow', 'stop slow']);
    assert.deepEqual(await parts.network.list(), []);
  });

  it('do not begin what was cancelled while it waited', async () => {
    const gate = Promise.withResolvers<void>();
    const real = createFakeHypervisor();
    let resets = 0;
    const slow: Hypervisor = {
      ...real,
      start: async (request, handler) => {
        await gate.promise;
        return real.start(request, handler);
      },
      reset: async () => ({ changed: ++resets > 0 }),
    };
    const handlers = createHandlers(partsWith(slow));
    const start = handlers['instance-start']({ instance: diskless('i1') }, context());
    const abort = new AbortController();
    const reset = handlers['instance-reset'](refTo('i1'), context(abort.signal));
    abort.abort();
    gate.resolve();
    await start;
    await assert.rejects(reset, { name: 'AbortError' });
    assert.equal(resets, 0);
  });

  it('complete a stop that was interrupted after the machine had ended', async () => {
    const real = createFakeHypervisor();
    const parts = partsWith(real);
    let broken = true;
    const network = {
      ...parts.network,
      cleanup: async (instance: { uuid: string }) => {
        if (broken) throw new Error('the agent dies here');
        return parts.network.cleanup(instance);
      },
    };
    const handlers = createHandlers({ ...parts, network });
    await handlers['instance-start']({ instance: diskless('i1') }, context());
    const stop = () => handlers['instance-stop']({ ...refTo('i1'), timeout: 0 }, context());
    await assert.rejects(stop(), /dies here/);
    assert.equal((await parts.network.list()).length, 1);
    broken = false;
    assert.deepEqual(await stop(), { changed: false, graceful: false });
    assert.deepEqual(await parts.network.list(), []);
    assert.equal(parts.active.size, 0);
  });

  it('keep the devices of a machine that runs, when a repeated start fails', async () => {
    const real = createFakeHypervisor();
    const parts = partsWith(real);
    const handlers = createHandlers(parts);
    const good = testInstance('i1');
    const [disk = testDisk('none')] = good.disks;
    await handlers['disk-create']({ disk, instance: refTo('i1') }, context());
    await handlers['instance-start']({ instance: good }, context());
    const missing = testInstance('i1', { disks: [testDisk('missing')] });
    await assert.rejects(handlers['instance-start']({ instance: missing }, context()), withCode('STORAGE_DISK_MISSING'));
    assert.equal((await parts.network.list()).length, 1);
    assert.ok(parts.active.get('i1')?.disks.some(({ uuid }) => uuid === disk.uuid));
    assert.equal((await handlers['instance-list']({}, context())).length, 1);
  });

  it('report the space of other disk templates when one cannot tell', async () => {
    const broken = { ...createFakeTemplate({ name: 'file' }), pools: () => Promise.reject(new Error('not mounted')) };
    const shared = createFakeTemplate({ name: 'sharedfile', capacity: 4711 });
    const host = async () => ({ bootId: 'b', memoryTotal: 100, memoryAvailable: 60, cpuTotal: 1, cpuNodes: 1, cpuSockets: 1 });
    const parts = { ...partsWith(createFakeHypervisor()), diskTemplates: diskTemplatesOf([broken, shared]), host };
    const info = await createHandlers(parts)['node-info']({}, context());
    assert.equal(info.disk_total, 4711);
    assert.deepEqual(info.storage, [{ type: 'sharedfile', name: 'memory', total: 4711, free: 4711 }]);
    assert.equal(info.memory_dom0, 40);
  });

  it('tell the secret parameters of OS definitions that can be read, and nothing of others: their values stay encrypted', async () => {
    const host = async () => ({ bootId: 'b', memoryTotal: 100, memoryAvailable: 60, cpuTotal: 1, cpuNodes: 1, cpuSockets: 1 });
    const lists = { api_versions: [20], variants: [], parameters: [] };
    const good = {
      name: 'good',
      path: '/os/good',
      valid: true,
      problem: null,
      ...lists,
      secret_parameters: { password: 'secret' as const },
    };
    const plain = { name: 'plain', path: '/os/plain', valid: true, problem: null, ...lists };
    const broken = { name: 'broken', path: '/os/broken', valid: false, problem: 'parameters.secret has a wrong line', ...lists };
    const parts = partsWith(createFakeHypervisor());
    const os = { ...parts.os, list: async () => [good, plain, broken] };
    const info = await createHandlers({ ...parts, os, host })['node-info']({}, context());
    assert.deepEqual(info.secret_osparams, { good: { password: 'secret' }, plain: {} });
  });
});

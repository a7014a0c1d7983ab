import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Cluster } from '../../model/index.ts';
import { createSecretBox } from '../../store/index.ts';
import { sealOsparams } from '../lib/instances/seal-osparams.ts';
import { perform, type Scene } from '../testing/perform.ts';
import { plainConfig, plainLive, plainNode, plainUuid } from '../testing/plain-config.ts';
import { clusterRedistConf } from './cluster-redist-conf.ts';
import { clusterSetParams } from './cluster-set-params.ts';

const before = plainConfig({ nodes: [], instances: [] }).cluster;
/** A description that names a node. */
const pinned = (node: string) => JSON.stringify({ services: [{ name: 'web', members: ['web*'], rules: [{ pinned: [node] }] }] });

const change = (params: Readonly<Record<string, unknown>>, cluster: Partial<Cluster> = {}, scene: Scene = {}) =>
  perform(clusterSetParams, params, { nodes: [plainNode(0)], cluster, ...scene });

/** Members of the cluster that a change replaces, from what they were. */
async function changed(params: Readonly<Record<string, unknown>>, cluster: Partial<Cluster> = {}) {
  const { config, result, error } = await change(params, cluster);
  assert.deepEqual([result, error], [null, undefined]);
  const old: Record<string, unknown> = { ...before, ...cluster };
  const entries = Object.entries(config.cluster).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(old[key]));
  return Object.fromEntries(entries.filter(([key, value]) => key !== 'data_collectors' || Object.keys(value as object).length > 0));
}

describe('a change of the cluster', () => {
  it('sets what is given and leaves the rest', async () => {
    assert.deepEqual(await changed({}), {});
    const cases: [params: Record<string, unknown>, after: Record<string, unknown>, cluster?: Partial<Cluster>][] = [
      [{ beparams: { vcpus: 3 } }, { beparams: { ...before.beparams, vcpus: 3 } }],
      [{ ndparams: { spindle_count: 3 } }, { ndparams: { ...before.ndparams, spindle_count: 3 } }],
      [{ nicparams: { link: 'br1' } }, { nicparams: { ...before.nicparams, link: 'br1' } }],
      [{ nicparams: { mode: 'routed' } }, { nicparams: { mode: 'routed', link: '', vlan: '' } }],
      [{ nicparams: { mode: 'openvswitch', link: 'sw0' } }, { nicparams: { mode: 'openvswitch', link: 'sw0', vlan: '' } }],
      [{ nicparams: { mode: 'bridged', link: 'br1' } }, { nicparams: { ...before.nicparams, link: 'br1' } }],
      [{ ipolicy: { 'vcpu-ratio': 2 } }, { ipolicy: { ...before.ipolicy, 'vcpu-ratio': 2 } }],
      [{ mac_prefix: 'AA:BB:CC' }, { mac_prefix: 'aa:bb:cc' }],
      [{ max_running_jobs: 3 }, { max_running_jobs: 3 }],
      [{ candidate_pool_size: 3 }, { candidate_pool_size: 3 }],
      [{ enabled_hypervisors: ['kvm', 'fake'] }, { enabled_hypervisors: ['kvm', 'fake'] }],
      [{ enabled_disk_templates: ['diskless'] }, { enabled_disk_templates: ['diskless'] }],
      [
        { hvparams: { kvm: { acpi: false } } },
        { hvparams: { kvm: { boot_order: 'cdrom', acpi: false } } },
        { hvparams: { kvm: { boot_order: 'cdrom' } } },
      ],
      [{ diskparams: { file: {} } }, { diskparams: { file: {} } }],
      [
        { os_hvp: { tiny: { kvm: { acpi: false } } } },
        { os_hvp: { big: { kvm: {} }, tiny: { kvm: { boot_order: 'cdrom', acpi: false } } } },
        { os_hvp: { big: { kvm: {} }, tiny: { kvm: { boot_order: 'cdrom' } } } },
      ],
      [{ os_hvp: { tiny: { kvm: { acpi: false } } } }, { os_hvp: { tiny: { kvm: { acpi: false } } } }],
      [{ osparams: { tiny: { a: '1' } } }, { osparams: { tiny: { b: '2', a: '1' } } }, { osparams: { tiny: { b: '2' } } }],
      [{ location: '' }, { location: '' }, { location: '{}' }],
      [{ location: pinned('node0') }, { location: pinned('node0') }],
    ];
    for (const [params, after, cluster] of cases) assert.deepEqual(await changed(params, cluster), after, JSON.stringify(params));
  });

  it('keeps secrets apart from what may be seen', async () => {
    const secrets = createSecretBox();
    const live = plainLive({ [plainUuid(2, 0)]: { secret_osparams: { tiny: { root: 'secret', key: 'private' } } } });
    const osparams = {
      tiny: { root: secrets.seal('r'), key: secrets.seal('k'), locale: secrets.seal('de') },
      other: { x: secrets.seal('y') },
    };
    const hidden = { tiny: { old: secrets.seal('o') } };
    const { config } = await change({ osparams, osparams_private_cluster: hidden }, {}, { secrets, live });
    const { osparams: open, osparams_private_cluster: kept = {} } = config.cluster;
    assert.deepEqual(open['tiny'], { locale: 'de' });
    assert.deepEqual(Object.keys(kept['tiny'] ?? {}).sort(), ['key', 'old', 'root']);
    assert.equal(secrets.open(open['other']?.['x'] ?? ''), 'y', 'nobody knows that OS yet');
    assert.deepEqual(Object.keys(kept), ['tiny']);
    const more = await change({ osparams_private_cluster: { tiny: { n: 'm' } } }, { osparams_private_cluster: kept }, { secrets, live });
    assert.deepEqual(Object.keys(more.config.cluster.osparams_private_cluster?.['tiny'] ?? {}).sort(), ['key', 'n', 'old', 'root']);
  });

  it('resets a parameter of an OS wherever it is kept', async () => {
    const secrets = createSecretBox();
    const known = plainLive({ [plainUuid(2, 0)]: { secret_osparams: { tiny: { root: 'secret' } } } });
    const unknown = plainLive({ [plainUuid(2, 0)]: { secret_osparams: {} } });
    const cluster = {
      osparams: { tiny: { locale: 'de', size: '1', late: secrets.seal('l') } },
      osparams_private_cluster: { tiny: { root: secrets.seal('r'), note: secrets.seal('n') } },
    };
    const left = async (params: object, live = known) => {
      const op = sealOsparams(secrets, () => live.node(plainUuid(2, 0))?.info.secret_osparams?.['tiny'], {
        OP_ID: 'OP_CLUSTER_SET_PARAMS',
        ...params,
      });
      const { osparams, osparams_private_cluster: hidden = {} } = (await change(op, cluster, { secrets, live })).config.cluster;
      return [osparams, hidden].map((kind) =>
        Object.keys(kind['tiny'] ?? {})
          .sort()
          .join(' '),
      );
    };
    assert.deepEqual(await left({ osparams: { tiny: { locale: 'default' } } }), ['late size', 'note root']);
    assert.deepEqual(await left({ osparams: { tiny: { root: 'default' } } }), ['late locale size', 'note']);
    assert.deepEqual(await left({ osparams_private_cluster: { tiny: { note: 'default' } } }), ['late locale size', 'root']);
    assert.deepEqual(await left({ osparams: { tiny: { root: 'default', late: 'default' } } }, unknown), ['locale size', 'note']);
    const all = { locale: 'default', size: 'default', late: 'default', root: 'default', note: 'default' };
    const emptied = await change({ osparams: { tiny: all } }, cluster, { secrets, live: known });
    assert.deepEqual([emptied.config.cluster.osparams, emptied.config.cluster.osparams_private_cluster], [{}, {}]);
  });

  it('makes candidates when the pool grows, and none when something else changes', async () => {
    const nodes = [plainNode(0), plainNode(1, { master_candidate: false }), plainNode(2, { master_candidate: false })];
    const candidates = async (params: object, cluster: Partial<Cluster>) =>
      [...(await change({ ...params }, cluster, { nodes })).config.nodes.values()].filter(({ master_candidate }) => master_candidate)
        .length;
    assert.equal(await candidates({ candidate_pool_size: 2 }, { candidate_pool_size: 1 }), 2);
    assert.equal(await candidates({ max_running_jobs: 2 }, { candidate_pool_size: 2 }), 1);
  });

  it('is refused when nothing could work with it', async () => {
    const point = (value: number) => ({
      ...{ 'memory-size': value, 'disk-size': value, 'disk-count': value, 'cpu-count': value, 'nic-count': value, 'spindle-use': value },
    });
    const refused: [Record<string, unknown>, string][] = [
      [{ hvparams: { kvm: { colour: 'red' } } }, 'INPUT_INVALID'],
      [{ os_hvp: { tiny: { kvm: { colour: 'red' } } } }, 'INPUT_INVALID'],
      [{ hvparams: { kvm: { vnc_bind_address: '0.0.0.0' } } }, 'VNC_ADDRESS_REFUSED'],
      [{ beparams: { minmem: 512, maxmem: 256 } }, 'INPUT_INVALID'],
      [{ ipolicy: { minmax: [{ min: point(2), max: point(1) }] } }, 'INPUT_INVALID'],
      [{ ipolicy: { std: point(1e9) } }, 'INPUT_INVALID'],
      [{ nicparams: { link: '' } }, 'INPUT_INVALID'],
      [{ nicparams: { mode: 'openvswitch' } }, 'INPUT_INVALID'],
      [{ location: 'levels: [' }, 'LOCATION_SYNTAX'],
      [{ location: pinned('node9') }, 'LOCATION_UNKNOWN'],
      [{ enabled_hypervisors: ['lxc'] }, 'INPUT_INVALID'],
    ];
    for (const [params, code] of refused) await assert.rejects(change(params), { code }, JSON.stringify(params));
    const odd = { beparams: { ...before.beparams, minmem: 512, maxmem: 256 }, ipolicy: { ...before.ipolicy, std: point(1e9) } };
    assert.equal((await change({ max_running_jobs: 5 }, odd)).error, undefined, 'what was so before is not in the way');
  });

  it('needs nothing to be sent to the nodes', async () => {
    const { calls, result, steps } = await perform(clusterRedistConf, {}, { nodes: [plainNode(0)] });
    assert.deepEqual([calls, result, steps], [[], null, []]);
  });
});

describe('settings of collectors', () => {
  const set = async (params: Readonly<Record<string, unknown>>, data_collectors?: Cluster['data_collectors']) => {
    const { config, log } = await change(params, data_collectors ? { data_collectors } : {});
    return { after: config.cluster.data_collectors, log };
  };

  it('are set, taken away, and kept beside each other', async () => {
    const old = { 'cpu-avg-load': { active: false, interval: 5 }, diskstats: { interval: 7 } };
    assert.deepEqual((await set({ enabled_data_collectors: { 'cpu-avg-load': true } }, old)).after, {
      'cpu-avg-load': { active: true, interval: 5 },
      diskstats: { interval: 7 },
    });
    assert.deepEqual((await set({ data_collector_interval: { 'cpu-avg-load': null, diskstats: null } }, old)).after, {
      'cpu-avg-load': { active: false },
    });
    assert.deepEqual((await set({ data_collector_interval: { drbd: 9 } })).after, { drbd: { interval: 9 } });
    assert.deepEqual((await set({ diagnose_data_collector_filename: 'check' })).after, { 'node-health': { command: 'check' } });
    assert.deepEqual((await set({ diagnose_data_collector_filename: '' }, { 'node-health': { command: 'check' } as never })).after, {});
    const health = { ...old, 'node-health': { command: 'check' } as never };
    assert.deepEqual((await set({}, health)).after, health);
    assert.deepEqual((await set({ enabled_data_collectors: { gone: null } }, { gone: { active: true } })).after, {});
  });

  it('are refused for what no collector can be called, and told of for what may be a plugin', async () => {
    await assert.rejects(set({ enabled_data_collectors: { 'Not A Name': true } }), { code: 'MONITOR_COLLECTOR_UNKNOWN' });
    await assert.rejects(set({ data_collector_interval: { '../x': 5 } }), { code: 'MONITOR_COLLECTOR_UNKNOWN' });
    assert.deepEqual((await set({ enabled_data_collectors: { 'Not A Name': null } })).log, []);
    assert.deepEqual((await set({ enabled_data_collectors: { diskstats: true } })).log, []);
    const { log } = await set({ enabled_data_collectors: { diskstat: true }, data_collector_interval: { diskstat: 5, zzzzzz: 6 } });
    assert.equal(log.length, 2);
    assert.match(log[0] ?? '', /^Warning: no agent has a collector named diskstat of its own.* Did you mean "diskstats"\?$/);
    assert.match(log[1] ?? '', /zzzzzz.*alone\.$/);
  });
});

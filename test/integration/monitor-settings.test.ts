import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterInfo } from '../../src/api/rows/cluster-info.ts';
import { builtInCollectors, opcodes, validate } from '../../src/model/index.ts';
import { startSimulatedMaster } from '../support/simulated-master.ts';
import { until } from '../support/until.ts';

test('names and intervals that cannot be are refused', () => {
  const { params } = opcodes.clusterSetParams;
  for (const wrong of [{ lv: 1 }, { lv: -5 }, { lv: 86_400_000_001 }, { lv: 1.5e6 + 0.5 }, { 'no name': 5_000_000 }, { '': 5_000_000 }]) {
    const op = { OP_ID: 'OP_CLUSTER_SET_PARAMS', data_collector_interval: wrong };
    assert.throws(() => validate(params, op, 'op'), { code: 'INPUT_INVALID' }, JSON.stringify(wrong));
  }
  for (const wrong of ['../../bin/sh', '.hidden', '/bin/true', 'a b', 'a/b']) {
    const op = { OP_ID: 'OP_CLUSTER_SET_PARAMS', diagnose_data_collector_filename: wrong };
    assert.throws(() => validate(params, op, 'op'), { code: 'INPUT_INVALID' }, wrong);
  }
});

test('what is set for collectors reaches all nodes, and a node that lost it', { timeout: 60_000 }, async () => {
  const master = await startSimulatedMaster(3, { pollIntervalMs: 50 });
  const { config, live, jobs } = master.leading.services;
  const set = (params: Record<string, unknown>) => master.run({ OP_ID: 'OP_CLUSTER_SET_PARAMS', ...params });
  const info = () => clusterInfo({ config: config.current, live, jobs }, '1');
  const untilAllHave = async (wanted: object) => {
    const have = () => master.simulation.nodes.map((node) => JSON.stringify(live.node(node)?.info.data_collectors));
    await until('all nodes have the settings', () => have().every((one) => one === JSON.stringify(wanted)));
  };
  try {
    await untilAllHave({});
    const inSeconds = Object.values(info()['data_collector_interval'] as object).map((interval) => interval / 1e6);
    assert.deepEqual(inSeconds, Object.values(builtInCollectors));
    await set({ enabled_data_collectors: { lv: false, drbd: true }, data_collector_interval: { lv: 61_000_000 } });
    await untilAllHave({ lv: { active: false, interval: 61_000_000 }, drbd: { active: true } });
    const shown = Object.fromEntries(Object.keys(builtInCollectors).map((name) => [name, true]));
    assert.deepEqual(info()['enabled_data_collectors'], { ...shown, lv: false });
    assert.equal((info()['data_collector_interval'] as Record<string, number>)['lv'], 61_000_000);
    master.simulation.killAgent(master.simulation.nodes[1] as string);
    await master.simulation.startAgent(master.simulation.nodes[1] as string);
    await set({ enabled_data_collectors: { lv: null, drbd: null } });
    await untilAllHave({ lv: { interval: 61_000_000 } });
    await set({ data_collector_interval: { lv: null }, diagnose_data_collector_filename: 'check-raid' });
    await untilAllHave({ 'node-health': { command: 'check-raid' } });
    assert.equal(info()['diagnose_data_collector_filename'], 'check-raid');
    await set({ diagnose_data_collector_filename: '' });
    await untilAllHave({});
  } finally {
    await master.close();
  }
});

test('a name that no collector can have is refused; one that a plugin may have is set, and the job tells of it', async () => {
  const master = await startSimulatedMaster(1);
  const { config, jobs } = master.leading.services;
  const set = (names: object) => master.run({ OP_ID: 'OP_CLUSTER_SET_PARAMS', enabled_data_collectors: names });
  const told = async (names: object) => {
    await set(names);
    return (
      jobs
        .list()
        .at(-1)
        ?.ops[0]?.log.map(([, , , text]) => text)
        .join('\n') ?? ''
    );
  };
  try {
    await assert.rejects(() => set({ cpu_avg_load: false }), {
      code: 'MONITOR_COLLECTOR_UNKNOWN',
      message: /named cpu_avg_load\. Did you mean "cpu-avg-load"/,
    });
    assert.doesNotMatch(await told({ memory: false, cpu_avg_load: null }), /Warning/);
    assert.match(await told({ memroy: false, Raid: false }), /named memroy of its own.*Did you mean "memory"[^]*named Raid of its own/);
    assert.deepEqual(Object.keys(config.current.cluster.data_collectors ?? {}), ['memory', 'memroy', 'Raid']);
  } finally {
    await master.close();
  }
});

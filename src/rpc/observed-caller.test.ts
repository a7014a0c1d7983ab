import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heardLog } from '../../test/support/heard-log.ts';
import { formatSamples, GantryError } from '../base/index.ts';
import type { JobNodeCaller } from './node-caller.ts';
import { observedCaller } from './observed-caller.ts';
import { RpcMetrics } from './rpc-metrics.ts';

const textOf = (metrics: RpcMetrics): string =>
  formatSamples({ name: 'rpc', metrics: metrics.families, measure: (_, emit) => metrics.measure(emit) }, null)
    .map(({ text }) => text)
    .join('');

const trace = 'a'.repeat(32);

test('calls are counted by method and outcome, with the time they took; only those of a trace are told', async () => {
  const errors: (Error | undefined)[] = [
    undefined,
    undefined,
    new GantryError('NODE_UNREACHABLE', { node: 'n', address: 'a', problem: 'p' }),
    new GantryError('NODE_REFUSED_TERM', { term: 1, seen: 2 }),
    new Error('whatever'),
  ];
  const inner: JobNodeCaller = {
    call: async () => {
      const error = errors.shift();
      if (error) throw error;
      return [] as never;
    },
    cancelStep: async () => undefined,
  };
  const metrics = new RpcMetrics();
  const { log, lines } = heardLog();
  const caller = observedCaller(inner, { metrics, log, nameOf: (uuid) => `name of ${uuid}` });
  await caller.call('n', 'instance-list', {});
  await caller.call('n', 'instance-list', {}, { trace, stepId: 's' });
  for (let left = 3; left > 0; left--) await assert.rejects(caller.call('n', 'instance-list', {}, { trace }));
  const text = textOf(metrics);
  for (const [outcome, count] of Object.entries({ ok: 2, unreachable: 1, refused: 1, failed: 1, timed_out: 0 }))
    assert.ok(text.includes(`gantry_rpc_calls_total{method="instance-list",outcome="${outcome}"} ${count}\n`), outcome);
  assert.match(text, /gantry_rpc_call_duration_seconds_count\{method="instance-list"\} 5\n/);
  assert.match(text, /gantry_rpc_calls_under_way 0\n/);
  assert.doesNotMatch(text, /node-info/);
  assert.deepEqual(
    lines.map(({ level, text: said, facts }) => [
      level,
      said,
      facts['trace'],
      facts['node'],
      facts['method'],
      facts['step'],
      facts['code'],
    ]),
    [
      ['info', 'node called', trace, 'name of n', 'instance-list', 's', undefined],
      ['info', 'node called', trace, 'name of n', 'instance-list', undefined, 'NODE_UNREACHABLE'],
      ['info', 'node called', trace, 'name of n', 'instance-list', undefined, 'NODE_REFUSED_TERM'],
      ['info', 'node called', trace, 'name of n', 'instance-list', undefined, 'INTERNAL'],
    ],
  );
});

test('a call that has not ended is under way', async () => {
  const { promise, resolve } = Promise.withResolvers<never>();
  const metrics = new RpcMetrics();
  const caller = observedCaller(
    { call: () => promise, cancelStep: async () => undefined },
    { metrics, log: heardLog().log, nameOf: String },
  );
  const call = caller.call('n', 'node-info', {});
  assert.match(textOf(metrics), /gantry_rpc_calls_under_way 1\n/);
  resolve({} as never);
  await call;
  assert.match(textOf(metrics), /gantry_rpc_calls_under_way 0\n/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heardLog } from '../../../test/support/heard-log.ts';
import { GantryError } from '../../base/index.ts';
import { endBegunStep } from './end-begun-step.ts';
import type { SagaHost } from './saga-host.ts';

const [near, far, off, home] = ['near', 'far', 'off', 'home'];
const config = {
  current: {
    nodes: new Map([near, far, off, home].map((uuid) => [uuid, { offline: uuid === off }])),
    instances: new Map([['web1', { primary_node: home }]]),
  },
} as unknown as SagaHost['config'];
const record = { id: 7, job: { trace: 't' } } as Parameters<typeof endBegunStep>[1];
const known = { to: [near, { deep: far }], skip: off, instance: { uuid: 'web1', size: 4 }, nothing: null, again: near };

function hostOf(cancelStep: SagaHost['nodes']['cancelStep']) {
  const stop = new AbortController();
  const heard = heardLog();
  const nodes = { call: () => assert.fail('called'), cancelStep } as SagaHost['nodes'];
  return { host: { nodes, config, log: heard.log, signal: stop.signal }, stop, heard };
}

test('every online node that the plan names is told once, also by its instance', async () => {
  const told: string[] = [];
  const { host } = hostOf(async (...given) => void told.push(given.join(' ')));
  await endBegunStep(host, record, 'job/7/0/send', known);
  assert.deepEqual(told.sort(), ['far job/7/0/send', 'home job/7/0/send', 'near job/7/0/send']);
});

test('a node that cannot be told is noted, and keeps nobody', async () => {
  const { host, heard } = hostOf(async (node) => {
    if (node === near) throw new GantryError('RPC_METHOD_UNKNOWN', { method: 'DELETE /rpc/steps/x' });
  });
  await endBegunStep(host, record, 'job/7/0/send', known);
  const lines = heard.lines.map(({ facts: { job, step, node, code } }) => ({ job, step, node, code }));
  assert.deepEqual(lines, [{ job: 7, step: 'job/7/0/send', node: near, code: 'RPC_METHOD_UNKNOWN' }]);
});

test('it gives up when the queue stops', async () => {
  const { host, stop } = hostOf(() => new Promise(() => undefined));
  const ending = endBegunStep(host, record, 'job/7/0/send', known);
  stop.abort(new Error('stopped'));
  await assert.rejects(ending, /stopped/);
});

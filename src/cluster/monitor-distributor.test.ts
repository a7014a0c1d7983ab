import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Clock, GantryError, type Log, silentLog } from '../base/index.ts';
import type { NodeInfo } from '../rpc/index.ts';
import { MonitorDistributor } from './monitor-distributor.ts';
import { refreshingCaller } from './refreshing-caller.ts';
import { changingConfig } from './testing/changing-config.ts';
import { plainLive, plainNode, plainUuid } from './testing/plain-config.ts';

const node = plainUuid(2, 0);
const clock: Clock = { now: () => 5000, sleep: async () => undefined };
const wanted = { diskstats: { interval: 7 } };

function rig(
  has: NodeInfo['data_collectors'],
  data_collectors: typeof wanted | undefined,
  answer: () => Promise<void> = async () => undefined,
) {
  const [sent, warned]: [unknown[], string[]] = [[], []];
  const log = Object.assign(Object.create(silentLog) as Log, { warn: (_facts: unknown, text: string) => void warned.push(text) });
  const distributor = new MonitorDistributor({
    config: changingConfig({ cluster: data_collectors ? { data_collectors } : {}, nodes: [plainNode(0)], instances: [] }),
    nodes: {
      call: (async (...all: unknown[]) => {
        sent.push(all);
        await answer();
      }) as never,
    },
    live: () => plainLive(has === undefined ? {} : { [node]: { data_collectors: has } }),
    clock,
    log,
  });
  return { distributor, sent, warned };
}

describe('settings of monitoring agents', () => {
  it('go to a node that has others', async () => {
    const step = { stepId: `monitor/${node}/5000` };
    const cases: [has: NodeInfo['data_collectors'], wants: typeof wanted | undefined, sent: unknown[]][] = [
      [{}, wanted, [[node, 'monitor-configure', { collectors: wanted }, step]]],
      [{ diskstats: { interval: 8 } }, wanted, [[node, 'monitor-configure', { collectors: wanted }, step]]],
      [wanted, undefined, [[node, 'monitor-configure', { collectors: {} }, step]]],
      [wanted, wanted, []],
      [{}, undefined, []],
      [undefined, wanted, []],
    ];
    for (const [has, wants, expected] of cases) {
      const { distributor, sent } = rig(has, wants);
      await distributor.settle(node);
      assert.deepEqual(sent, expected, JSON.stringify([has, wants]));
    }
  });

  it('go once at a time, and again after a failure', async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    const { distributor, sent, warned } = rig({}, wanted, () => promise);
    const first = distributor.settle(node);
    await distributor.settle(node);
    reject(new GantryError('NODE_TIMED_OUT', { node: 'node0', method: 'monitor-configure', seconds: 1 }));
    await first;
    await distributor.settle(node);
    assert.equal(sent.length, 2);
    assert.equal(warned.length, 2);
    assert.match(warned[0] ?? '', /settings of the monitor could not be sent/);
  });
});

describe('calls that change instances', () => {
  it('are followed by a look at the node, others and those that failed are not', async () => {
    const refreshed: string[] = [];
    const direct = {
      call: (async (_node: string, method: string, _params: unknown, options: unknown) => {
        if (options === 'fails') throw new Error('no');
        return `did ${method}`;
      }) as never,
      cancelStep: async () => undefined,
    };
    const caller = refreshingCaller(direct, () => ({ ...plainLive(), refresh: async (uuid) => void refreshed.push(uuid) }));
    const call = (method: string, options?: string) => caller.call(node, method as never, {} as never, options as never);
    assert.equal(await call('instance-start'), 'did instance-start');
    assert.deepEqual(refreshed, [node]);
    for (const method of ['instance-stop', 'migration-accept', 'migration-send', 'migration-finish', 'instance-reset', 'instance-resume'])
      await call(method);
    assert.equal(refreshed.length, 7);
    for (const method of ['node-info', 'instance-list', 'disk-create']) await call(method);
    await assert.rejects(call('instance-start', 'fails'));
    assert.equal(refreshed.length, 7);
  });
});

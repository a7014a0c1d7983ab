import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GantryError, silentOperation } from '../base/index.ts';
import type { HandlerContext, RpcCall } from '../rpc/index.ts';
import { StepRegistry } from './step-registry.ts';
import { withCode } from './testing/with-code.ts';

const call = (stepId: string, params: unknown = {}): RpcCall & { stepId: string } => ({
  method: 'instance-start',
  params,
  term: 1,
  stepId,
});
const caller = () => {
  const seen: string[] = [];
  const gone = new AbortController();
  return { seen, gone, operation: silentOperation, progress: ({ text }: { text: string }) => void seen.push(text), signal: gone.signal };
};

/** Work that waits to be told how it ends. */
function work() {
  const end = Promise.withResolvers<unknown>();
  const contexts: HandlerContext[] = [];
  return {
    end,
    contexts,
    do: (context: HandlerContext) => {
      contexts.push(context);
      return end.promise;
    },
  };
}

describe('step registry', () => {
  it('joins a repeated request to the running step, with its latest progress', async () => {
    const registry = new StepRegistry();
    const { end, contexts, do: begin } = work();
    const [first, second] = [caller(), caller()];
    const one = registry.run(call('s'), first, begin);
    await new Promise(setImmediate);
    contexts[0]?.progress({ text: 'half' });
    const two = registry.run(call('s'), second, begin);
    contexts[0]?.progress({ text: 'more' });
    end.resolve({ changed: true });
    assert.deepEqual(await Promise.all([one, two]), [{ changed: true }, { changed: true }]);
    assert.equal(contexts.length, 1);
    assert.deepEqual(
      [first.seen, second.seen],
      [
        ['half', 'more'],
        ['half', 'more'],
      ],
    );
  });

  it('gives the remembered result when the step has ended', async () => {
    const registry = new StepRegistry();
    let runs = 0;
    const begin = async () => ({ runs: ++runs });
    assert.deepEqual(await registry.run(call('s'), caller(), begin), { runs: 1 });
    assert.deepEqual(await registry.run(call('s'), caller(), begin), { runs: 1 });
    assert.deepEqual(await registry.run(call('other'), caller(), begin), { runs: 2 });
    assert.deepEqual(await registry.run(call('s', { disk: 1 }), caller(), begin), { runs: 3 });
    assert.deepEqual(await registry.run({ ...call('s'), method: 'instance-stop' }, caller(), begin), { runs: 4 });
  });

  it('goes on when its caller is gone, so that the next can join', async () => {
    const registry = new StepRegistry();
    const { end, contexts, do: begin } = work();
    const first = caller();
    const one = registry.run(call('s'), first, begin);
    await new Promise(setImmediate);
    first.gone.abort(new GantryError('CANCELLED', { subject: 'the call' }));
    await assert.rejects(one, withCode('CANCELLED'));
    assert.equal(contexts[0]?.signal.aborted, false);
    const two = registry.run(call('s'), caller(), begin);
    end.resolve('done');
    assert.equal(await two, 'done');
    assert.equal(contexts.length, 1);
  });

  it('tries again after a failure', async () => {
    const registry = new StepRegistry();
    await assert.rejects(
      registry.run(call('s'), caller(), () => Promise.reject(new GantryError('STORAGE_FAILED'))),
      withCode('STORAGE_FAILED'),
    );
    assert.equal(await registry.run(call('s'), caller(), async () => 'well'), 'well');
  });

  it('stops every call of a step that is cancelled, and no other', async () => {
    const registry = new StepRegistry();
    const works = [work(), work(), work()];
    const calls = works.map(({ do: begin }, index) => registry.run(call(index === 2 ? 'other' : 's', { index }), caller(), begin));
    await new Promise(setImmediate);
    let hasEnded = false;
    const told = registry.cancel('s').then(() => (hasEnded = true));
    await registry.cancel('unknown');
    assert.deepEqual(
      works.map(({ contexts }) => contexts[0]?.signal.aborted),
      [true, true, false],
    );
    assert.equal(hasEnded, false, 'its calls have not ended');
    works[0]?.end.resolve(null);
    works[1]?.end.reject(new Error('stopped'));
    await assert.rejects(calls[1] as Promise<unknown>, /stopped/);
    await told;
    works[2]?.end.resolve(null);
    await Promise.all([calls[0], calls[2]]);
  });

  it('forgets the oldest results when it has too many or too large ones', async () => {
    let runs = 0;
    const begin = async () => `${++runs} ${'x'.repeat(100)}`;
    for (const limits of [
      { outcomes: 2, characters: 1e6 },
      { outcomes: 100, characters: 250 },
    ]) {
      const registry = new StepRegistry(limits);
      const results = [];
      for (const step of ['a', 'b', 'c', 'c', 'b', 'a'])
        results.push(Number.parseInt(String(await registry.run(call(step), caller(), begin))));
      const [a = 0, b, c, c2, b2, a2] = results;
      assert.deepEqual([c2, b2], [c, b]);
      assert.notEqual(a2, a);
    }
  });
});

describe('steps of another epoch', () => {
  const [old, restored] = ['a'.repeat(32), 'b'.repeat(32)];

  it('a job whose number repeats after a restore gets its own result, not the stored one', async () => {
    const registry = new StepRegistry();
    let runs = 0;
    const begin = async () => ({ runs: ++runs });
    for (const [epoch, expected] of [
      [old, 1],
      [restored, 2],
      [restored, 2],
      [old, 1],
    ] as const) {
      assert.deepEqual(await registry.run({ ...call('job/7/0/stop'), epoch }, caller(), begin), { runs: expected });
    }
  });

  it('it neither joins nor stops a step of the other one', async () => {
    const registry = new StepRegistry();
    const [first, second] = [work(), work()];
    const one = registry.run({ ...call('s'), epoch: old }, caller(), first.do);
    const two = registry.run({ ...call('s'), epoch: restored }, caller(), second.do);
    await new Promise(setImmediate);
    void registry.cancel('s', restored);
    assert.deepEqual([first.contexts[0]?.signal.aborted, second.contexts[0]?.signal.aborted], [false, true]);
    first.end.resolve('old');
    second.end.resolve('restored');
    assert.deepEqual(await Promise.all([one, two]), ['old', 'restored']);
  });
});

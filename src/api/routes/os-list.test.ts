import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OsInfo } from '../../rpc/index.ts';
import type { ApiContext } from '../api-options.ts';
import { commonOses } from './os-list.ts';

const os = (name: string, valid = true) => ({ name, valid }) as OsInfo;

/** A cluster whose nodes tell these systems; `undefined` answers with an error. */
function cluster(answers: Record<string, readonly OsInfo[] | undefined>, flags: Record<string, object> = {}) {
  const asked: string[] = [];
  const told: unknown[] = [];
  let time = 1000;
  let hold: Promise<void> = Promise.resolve();
  const nodes = Object.keys(answers).map((name) => ({ uuid: name, name, vm_capable: true, offline: false, ...flags[name] }));
  const context = {
    services: {
      config: { current: { nodes: { values: () => nodes } } },
      nodes: {
        call: async (uuid: string, method: string, params: object, { signal }: { signal: AbortSignal }) => {
          assert.deepEqual([method, params, signal.aborted], ['os-list', {}, false]);
          asked.push(uuid);
          await hold;
          const answer = answers[uuid];
          if (!answer) throw new Error('no answer');
          return answer;
        },
      },
      clock: { now: () => time },
      log: { warn: (facts: { node: string }) => told.push(facts.node) },
    },
  } as unknown as ApiContext;
  const names = async () => (await commonOses(context)).map(({ name }) => name);
  return { names, asked, told, answers, pass: (ms: number) => (time += ms), holdBack: (until: Promise<void>) => void (hold = until) };
}

test('a system is offered that is valid on every node that answers, in the order of names', async () => {
  const { names, told } = cluster({
    n1: [os('debian'), os('broken', false), os('noop'), os('alpine'), os('here')],
    n2: [os('noop'), os('alpine'), os('broken'), os('debian'), os('there')],
    n3: undefined,
    n4: [os('alpine'), os('debian', false), os('noop')],
  });
  assert.deepEqual(await names(), ['alpine', 'noop']);
  assert.deepEqual(told, ['n3']);
});

test('nodes that run no instances are not asked, and no node is no system', async () => {
  const { names, asked } = cluster({ n1: [os('a')], n2: [], n3: [] }, { n2: { vm_capable: false }, n3: { offline: true } });
  assert.deepEqual(await names(), ['a']);
  assert.deepEqual(asked, ['n1']);
  assert.deepEqual(await cluster({}).names(), []);
});

test('answers are good for a minute; then they are renewed behind the request', async () => {
  const { names, asked, answers, pass, holdBack } = cluster({ n1: [os('a')] });
  assert.deepEqual([await names(), await names(), asked.length], [['a'], ['a'], 1]);
  answers['n1'] = [os('b')];
  pass(59_999);
  assert.deepEqual([await names(), asked.length], [['a'], 1]);
  pass(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  holdBack(promise);
  assert.deepEqual([await names(), await names(), asked.length], [['a'], ['a'], 2], 'asked once more, and not waited for');
  resolve();
  await new Promise(setImmediate);
  assert.deepEqual([await names(), asked.length], [['b'], 2]);
});

test('requests that come while the first answers are outstanding wait for them, and no answer is not remembered', async () => {
  const { names, asked, answers } = cluster({ n1: undefined });
  assert.deepEqual([...(await Promise.all([names(), names()])), asked.length], [[], [], 1]);
  answers['n1'] = [os('a')];
  assert.deepEqual([await names(), asked.length], [['a'], 2]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayHaveBeenSent, repeatLost } from './repeat-lost.ts';

type Answer = 'done' | 'lost' | 'busy' | 'refused';

const verdicts = {
  done: undefined,
  lost: { mayHaveArrived: true, mayPass: true },
  busy: { mayHaveArrived: false, mayPass: true },
  refused: { mayHaveArrived: true, mayPass: false },
} as const;

/** What a request comes to whose attempts are answered like this, and the pauses between them. */
async function repeated(...answers: Answer[]) {
  const slept: number[] = [];
  let asleep = false;
  let sent = 0;
  const send = async () => {
    assert.equal(asleep, false, 'sent before the pause was over');
    return answers[sent++] ?? 'lost';
  };
  const sleep = async (ms: number) => {
    slept.push(ms);
    asleep = true;
    await new Promise(setImmediate);
    asleep = false;
  };
  return { ...(await repeatLost(send, (answer) => verdicts[answer], sleep)), sent, slept };
}

test('a request is repeated from the moment on when its answer may be lost', async () => {
  assert.deepEqual(await repeated('done'), { answer: 'done', isLost: false, sent: 1, slept: [] });
  assert.deepEqual(await repeated('busy'), { answer: 'busy', isLost: false, sent: 1, slept: [] });
  assert.deepEqual(await repeated('refused'), { answer: 'refused', isLost: true, sent: 1, slept: [] });
  assert.deepEqual(await repeated('lost', 'done'), { answer: 'done', isLost: true, sent: 2, slept: [500] });
  assert.deepEqual(await repeated('lost', 'busy', 'refused'), { answer: 'refused', isLost: true, sent: 3, slept: [500, 1000] });
});

test('it is given up after five repetitions', async () => {
  assert.deepEqual(await repeated(), { answer: 'lost', isLost: true, sent: 6, slept: [500, 1000, 2000, 4000, 8000] });
});

test('of a connection that did not come about it is known that nothing was sent', () => {
  for (const code of ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'])
    assert.equal(mayHaveBeenSent(Object.assign(new Error(code), { code })), false, code);
  for (const cause of [Object.assign(new Error('reset'), { code: 'ECONNRESET' }), new Error('other'), undefined, 'text'])
    assert.equal(mayHaveBeenSent(cause), true, String(cause));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChainClaim, createChain } from './chain.ts';
import { Presented } from './presented.ts';
import type { Answer, Scheme } from './scheme.ts';

const someone = (scheme: string, more: object = {}): Answer => ({
  principal: { name: 'alice', scheme, groups: [], options: [], ...more },
});

/** A scheme that answers each password with what `answers` has for it, and what it was asked. */
function basicScheme(asked: string[], name: string, answers: Record<string, Answer>): { name: string; scheme: Scheme } {
  const scheme: Scheme = {
    challenge: 'Basic realm="x"',
    claim: ({ basic }) =>
      basic && {
        guess: { account: basic.user, secret: basic.password },
        prove: async () => {
          asked.push(name);
          return answers[basic.password] ?? { refused: 'unknown-account' };
        },
      },
  };
  return { name, scheme };
}

/** A scheme for the cookie `session`, in which nothing can be guessed. */
const cookieScheme = (answer: Answer): { name: string; scheme: Scheme } => ({
  name: 'cookie',
  scheme: { claim: ({ cookies }) => (cookies.has('session') ? { prove: () => answer } : undefined) },
});

const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`alice:${password}`).toString('base64')}` });
const clock = { now: () => 1000 };
const nameOf = async (claim: ChainClaim | undefined): Promise<string> => {
  const answer = await claim?.prove();
  if (!answer) return 'not asked';
  return 'refused' in answer ? answer.refused : `${answer.principal.scheme}/${answer.principal.name}`;
};

test('the first scheme with credentials of its kind is asked; without any there is nothing to try', async () => {
  const chain = createChain([cookieScheme(someone('cookie')), basicScheme([], 'one', { right: someone('one') })], clock);
  assert.equal(await nameOf(chain.claim(new Presented({ cookie: 'session=1', ...basic('right') }, 'x'))), 'cookie/alice');
  assert.equal(await nameOf(chain.claim(new Presented(basic('right'), 'x'))), 'one/alice');
  assert.equal(chain.claim(new Presented({}, 'x')), undefined);
  assert.equal(chain.claim(new Presented({ authorization: 'Bearer x' }, 'x')), undefined);
});

test('an account belongs to the first scheme that knows it', async () => {
  const asked: string[] = [];
  const first = basicScheme(asked, 'first', { right: someone('first'), wrong: { refused: 'wrong-secret' } });
  const second = basicScheme(asked, 'second', { wrong: someone('second'), other: someone('second') });
  const chain = createChain([first, second], clock);
  const tried = (password: string) => nameOf(chain.claim(new Presented(basic(password), 'x')));
  assert.equal(await tried('wrong'), 'wrong-secret');
  assert.deepEqual(asked.splice(0), ['first'], 'a wrong secret is not tried with the next scheme');
  assert.equal(await tried('other'), 'second/alice');
  assert.equal(await tried('nothing'), 'unknown-account');
  assert.deepEqual(asked, ['first', 'second', 'first', 'second']);
});

test('other credentials of the same request are another guess, never tried unseen', async () => {
  const asked: string[] = [];
  const chain = createChain([cookieScheme({ refused: 'unknown-account' }), basicScheme(asked, 'one', { right: someone('one') })], clock);
  const first = chain.claim(new Presented({ cookie: 'session=1', ...basic('right') }, 'x'));
  const answer = await first?.prove();
  assert.ok(answer && 'refused' in answer);
  assert.deepEqual(asked, []);
  assert.deepEqual(answer.next?.guess, { account: 'alice', secret: 'right' });
  assert.equal(await nameOf(answer.next), 'one/alice');
});

test('a principal whose time is over is refused, and no scheme speaks for another one', async () => {
  const scheme = (answer: Answer) =>
    createChain([basicScheme([], 'one', { right: answer })], clock).claim(new Presented(basic('right'), 'x'));
  assert.equal(await nameOf(scheme(someone('one', { limits: { until: 1000 } }))), 'expired');
  assert.equal(await nameOf(scheme(someone('one', { limits: { until: 1001 } }))), 'one/alice');
  for (const other of ['two', 'internal', '']) await assert.rejects(nameOf(scheme(someone(other))), { code: 'INTERNAL' });
});

test('a scheme that fails lets nobody in', async () => {
  const broken: Scheme = {
    claim: () => ({
      prove: () => {
        throw new Error('no answer');
      },
    }),
  };
  const chain = createChain([{ name: 'broken', scheme: broken }, basicScheme([], 'one', { right: someone('one') })], clock);
  await assert.rejects(nameOf(chain.claim(new Presented(basic('right'), 'x'))), /no answer/);
});

test('challenges and authorities are those of all schemes, and closing closes each once', () => {
  let closed = 0;
  const scheme = (challenge: string, authority?: string): Scheme => ({
    challenge,
    ...(authority !== undefined && { clientAuthorities: [authority] }),
    claim: () => undefined,
    close: () => void closed++,
  });
  const links = [scheme('Basic realm="x"', 'A'), scheme('Bearer'), scheme('Basic realm="x"', 'B')].map((one) => ({
    name: 'n',
    scheme: one,
  }));
  const chain = createChain(links, clock);
  assert.equal(chain.challenge, 'Basic realm="x", Bearer');
  assert.deepEqual(chain.clientAuthorities, ['A', 'B']);
  chain.close();
  chain.close();
  assert.equal(closed, 3);
});

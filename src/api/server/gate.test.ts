import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Authenticator, createAccessControl, type Principal } from '../../access/index.ts';
import { GantryError } from '../../base/index.ts';
import type { ApiContext } from '../api-options.ts';
import type { Route } from '../routes/route.ts';
import { type Arrival, createGate } from './gate.ts';
import type { Guess } from './guess-limiter.ts';

const alice: Principal = { name: 'alice', scheme: 'users-file', groups: [], options: ['write'] };

interface Turns {
  readonly waitMs?: number;
  readonly refusedFor?: number;
  readonly blockedFor?: number;
}

/** A gate, what it asked of the limiter and the clock, and how each request ended. */
function gateWith({ waitMs = 0, refusedFor, blockedFor = 0 }: Turns = {}) {
  const calls: unknown[] = [];
  const context = {
    services: {
      clock: {
        sleep: async (ms: number) => {
          await new Promise(setImmediate);
          calls.push(['slept', ms]);
        },
      },
      access: createAccessControl({
        authorizer: { decide: async ({ permission }) => ({ allowed: permission !== 'node:remove' }) },
        config: { current: {} as never },
        job: () => undefined,
        log: { warn: (facts: object) => calls.push(['refused', facts]) } as never,
      }),
    },
    requireLead: () => calls.push('lead'),
  } as unknown as ApiContext;
  const authenticator: Authenticator = {
    challenge: '',
    clientAuthorities: [],
    close: () => undefined,
    claim: ({ basic }) =>
      basic && {
        guess: { account: basic.user, secret: basic.password },
        prove: async () => {
          calls.push('asked');
          return basic.user === 'alice' && basic.password === 'right' ? { principal: alice } : { refused: 'wrong-secret' };
        },
      },
  };
  const gate = createGate(context, authenticator, {
    begin: (guess: Guess) => {
      calls.push(['begin', guess]);
      return refusedFor === undefined ? { waitMs } : { refusedFor };
    },
    succeeded: (guess) => calls.push(['succeeded', guess.credentials]),
    failed: (guess) => calls.push(['failed', guess.credentials]),
    blockedFor: () => blockedFor,
    refused: (address) => calls.push(['counted', address]),
  });
  return { gate, calls };
}

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;
const from = (headers: Arrival['headers'], more: Partial<Arrival> = {}): Arrival => ({
  method: 'GET',
  address: '10.0.0.1',
  headers,
  ...more,
});
const ended = async (work: () => unknown): Promise<unknown> => {
  try {
    return (await work()) ?? 'passed';
  } catch (error) {
    assert.ok(error instanceof GantryError, String(error));
    return [error.code, error.facts];
  }
};

test('right credentials pass after their turn, and are told from wrong ones', async () => {
  const { gate, calls } = gateWith({ waitMs: 700 });
  assert.deepEqual(await gate.identify(from({ authorization: basic('alice:right') })), alice);
  const guess = { account: 'alice', address: '10.0.0.1', credentials: 'alice:right' };
  assert.deepEqual(calls.splice(0), [['begin', guess], ['slept', 700], 'asked', ['succeeded', 'alice:right']]);
  assert.deepEqual(await ended(() => gate.identify(from({ authorization: basic('alice:wrong') }))), ['API_UNAUTHENTICATED', {}]);
  assert.deepEqual(calls.slice(1), [['slept', 700], 'asked', ['failed', 'alice:wrong']]);
});

test('a turn that comes at once does not wait, one that is too far away is refused without asking', async () => {
  const { gate, calls } = gateWith();
  await gate.identify(from({ authorization: basic('alice:right') }));
  assert.deepEqual(calls.slice(1), ['asked', ['succeeded', 'alice:right']]);
  const full = gateWith({ refusedFor: 17 });
  const right = from({ authorization: basic('alice:right') });
  assert.deepEqual(await ended(() => full.gate.identify(right)), ['API_TOO_MANY_REQUESTS', { seconds: 17 }]);
  assert.equal(full.calls.length, 1);
});

test('who shows nothing guesses nothing; what cannot be read counts as a guess', async () => {
  const { gate, calls } = gateWith();
  assert.deepEqual(await ended(() => gate.identify(from({}))), ['API_UNAUTHENTICATED', {}]);
  assert.deepEqual(calls, []);
  assert.deepEqual(await ended(() => gate.identify(from({ authorization: 'Bearer x' }))), ['API_UNAUTHENTICATED', {}]);
  assert.deepEqual(calls[0], ['begin', { account: '', address: '10.0.0.1', credentials: ':Bearer x' }]);
});

test('a page of another host may read, and neither change anything nor open a console', async () => {
  const headers = { host: 'gantry:5080', authorization: basic('alice:right') };
  const how = (origin: string | undefined, more: Partial<Arrival> = {}) => {
    const { gate } = gateWith();
    return ended(async () => (await gate.identify(from({ ...headers, ...(origin !== undefined && { origin }) }, more))).name);
  };
  const refused = (origin: string) => ['API_CROSS_ORIGIN', { origin }];
  assert.equal(await how(undefined, { method: 'PUT' }), 'alice');
  assert.equal(await how('https://gantry:5080', { method: 'PUT' }), 'alice');
  assert.equal(await how('https://evil.example'), 'alice');
  for (const more of [{ method: 'PUT' }, { upgrade: true }]) {
    for (const origin of ['https://evil.example', 'https://gantry:5081', 'https://gantry', 'null', ''])
      assert.deepEqual(await how(origin, more), refused(origin), `${origin} ${JSON.stringify(more)}`);
  }
  const { gate } = gateWith();
  const post = from({ host: 'gantry:5080', origin: 'https://evil.example' }, { method: 'POST' });
  assert.deepEqual(await ended(() => gate.admit(post)), refused('https://evil.example'));
});

test('an address that has guessed too often may still read what is public', async () => {
  const blocked = gateWith({ blockedFor: 9 }).gate;
  assert.equal(await ended(() => blocked.admit(from({}))), 'passed');
  assert.deepEqual(await ended(() => blocked.admit(from({}, { method: 'POST' }))), ['API_TOO_MANY_REQUESTS', { seconds: 9 }]);
  assert.equal(await ended(() => gateWith().gate.admit(from({}, { method: 'POST' }))), 'passed');
});

test('a request is permitted by a master that leads, for the objects in its path', async () => {
  const { gate, calls } = gateWith();
  const route = { permission: 'node:read' } as unknown as Route;
  const remove = { permission: 'node:remove', objects: ({ name = '' }) => [{ kind: 'node', name }] } as unknown as Route;
  assert.equal(await ended(() => gate.permit(alice, route, {})), 'passed');
  assert.deepEqual(await ended(() => gate.permit(alice, remove, { name: 'n1' })), [
    'API_FORBIDDEN',
    { user: 'alice', permission: 'node:remove' },
  ]);
  assert.deepEqual(calls, [
    'lead',
    'lead',
    ['refused', { audit: true, user: 'alice', permission: 'node:remove', objects: [{ kind: 'node', name: 'n1' }], decision: 'refused' }],
  ]);
  gate.refused('10.0.0.7');
  assert.deepEqual(calls.at(-1), ['counted', '10.0.0.7']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Guess, guessLimiter } from './guess-limiter.ts';

function limiter() {
  let time = 1_000_000;
  const limits = guessLimiter({ perAddress: 60, perAccount: 10 }, { now: () => time });
  const guess = (account: string, address: string, credentials = `${account} ${address} ${Math.random()}`): Guess => ({
    account,
    address,
    credentials,
  });
  /** How many wrong ones are tried at once, of so many. */
  const tried = (count: number, account: (n: number) => string, address: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => limits.begin(guess(account(n), address(n)))).filter(
      (one) => 'waitMs' in one && one.waitMs === 0,
    ).length;
  return { limits, guess, tried, pass: (ms: number) => (time += ms) };
}

test('one address may guess so often, whatever the accounts; other addresses are not touched', () => {
  const { tried, pass } = limiter();
  assert.equal(
    tried(
      200,
      (n) => `user${n}`,
      () => '10.0.0.1',
    ),
    60,
  );
  assert.equal(
    tried(
      5,
      (n) => `user${n}`,
      () => '10.0.0.2',
    ),
    5,
  );
  pass(10_000);
  const later = tried(
    100,
    (n) => `other${n}`,
    () => '10.0.0.1',
  );
  assert.ok(later > 0 && later <= 10, String(later));
});

test('one account may be guessed so often, from however many addresses', () => {
  const { tried, pass } = limiter();
  assert.equal(
    tried(
      1100,
      () => 'admin',
      (n) => `10.0.0.${n % 20}`,
    ),
    10,
  );
  pass(60 * 60_000);
  assert.equal(
    tried(
      1100,
      () => 'admin',
      (n) => `10.0.1.${n % 20}`,
    ),
    10,
  );
});

test('a trial soon waits for its turn, one that would wait long is refused and told for how long', () => {
  const { limits, guess, pass } = limiter();
  for (let n = 0; n < 10; n++) assert.deepEqual(limits.begin(guess('admin', '10.0.0.1')), { waitMs: 0 });
  assert.deepEqual(limits.begin(guess('admin', '10.0.0.1')), { refusedFor: 6 });
  pass(2000);
  assert.deepEqual(limits.begin(guess('admin', '10.0.0.1')), { waitMs: 4000 });
  assert.deepEqual(limits.begin(guess('admin', '10.0.0.1')), { refusedFor: 10 });
});

test('credentials that were right are never refused, nor slowed', () => {
  const { limits, guess, tried } = limiter();
  const right = guess('admin', '10.0.0.1', 'right');
  limits.begin(right);
  limits.succeeded(right);
  tried(
    1000,
    () => 'admin',
    () => '10.0.0.1',
  );
  for (let n = 0; n < 100; n++) {
    assert.deepEqual(limits.begin(right), { waitMs: 0 });
    limits.succeeded(right);
  }
});

test('right ones do not use up the trials of wrong ones, and give no further ones', () => {
  const { limits, guess, tried } = limiter();
  for (let n = 0; n < 100; n++) {
    const right = guess('admin', '10.0.0.1', 'right');
    limits.begin(right);
    limits.succeeded(right);
  }
  assert.equal(
    tried(
      100,
      () => 'admin',
      () => '10.0.0.1',
    ),
    10,
  );
});

test('a password that was changed is no way around the limit', () => {
  const { limits, guess } = limiter();
  const old = guess('admin', '10.0.0.1', 'old');
  limits.begin(old);
  limits.succeeded(old);
  let free = 0;
  for (let n = 0; n < 100; n++) {
    const answer = limits.begin(old);
    if (!('waitMs' in answer) || answer.waitMs > 0) continue;
    free++;
    limits.failed(old);
  }
  assert.ok(free <= 11, String(free));
});

test('other refusals of an address count, too', () => {
  const { limits, pass } = limiter();
  for (let n = 0; n < 60; n++) limits.refused('10.0.0.1');
  assert.ok(limits.blockedFor('10.0.0.1') > 0);
  assert.equal(limits.blockedFor('10.0.0.2'), 0);
  pass(61_000);
  assert.equal(limits.blockedFor('10.0.0.1'), 0);
});

test('an attempt waits for the slower of its address and its account', () => {
  const { limits, guess, pass } = limiter();
  for (let n = 0; n < 60; n++) limits.refused('10.0.0.1');
  assert.equal(limits.blockedFor('10.0.0.1'), 1);
  assert.deepEqual(limits.begin(guess('new', '10.0.0.1')), { waitMs: 1000 });
  for (let n = 0; n < 10; n++) limits.begin(guess('admin', '10.0.0.2'));
  pass(1000);
  assert.deepEqual(limits.begin(guess('admin', '10.0.0.3')), { waitMs: 5000 }, 'exactly as long as it has patience');
  assert.deepEqual(limits.begin(guess('admin', '10.0.0.3')), { refusedFor: 11 });
});

test('what was refused did not count', () => {
  const { limits, guess, pass } = limiter();
  for (let n = 0; n < 10; n++) limits.begin(guess('admin', '10.0.0.1'));
  for (let n = 0; n < 50; n++) limits.begin(guess('admin', '10.0.0.1'));
  pass(6000);
  assert.deepEqual(limits.begin(guess('admin', '10.0.0.1')), { waitMs: 0 });
});

test('credentials that are right for the first time get back what they counted, on both sides', () => {
  const { limits, guess } = limiter();
  for (let n = 0; n < 10; n++) limits.begin(guess('admin', '10.0.0.1'));
  for (let n = 0; n < 49; n++) limits.refused('10.0.0.1');
  const right = guess('other', '10.0.0.1', 'right');
  assert.deepEqual(limits.begin(right), { waitMs: 0 });
  assert.equal(limits.blockedFor('10.0.0.1'), 1);
  limits.succeeded(right);
  assert.equal(limits.blockedFor('10.0.0.1'), 0, 'the address');
  for (let n = 0; n < 10; n++) assert.deepEqual(limits.begin(guess('other', `10.0.1.${n}`)), { waitMs: 0 }, 'the account');
  assert.deepEqual(limits.begin(guess('other', '10.0.2.1')), { refusedFor: 6 });
});

test('credentials are right for their account and address alike, and only as a whole', () => {
  const { limits, guess, tried } = limiter();
  const right = guess('admin', '10.0.0.1', 'admin:right');
  limits.begin(right);
  limits.succeeded(right);
  tried(
    100,
    () => 'admin',
    () => '10.0.0.1',
  );
  assert.deepEqual(limits.begin({ ...right, address: '10.0.0.9' }), { waitMs: 0 });
  assert.ok('refusedFor' in limits.begin({ ...right, credentials: 'admin:other' }));
});

test('a wrong trial that was never right counts once', () => {
  const { limits, guess } = limiter();
  const wrong = guess('admin', '10.0.0.1', 'wrong');
  for (let n = 0; n < 5; n++) {
    limits.begin(wrong);
    limits.failed(wrong);
  }
  for (let n = 0; n < 5; n++) assert.deepEqual(limits.begin(wrong), { waitMs: 0 });
  assert.ok('refusedFor' in limits.begin(wrong));
});

test('of an old password that is shown again the trial counts', () => {
  const { limits, guess } = limiter();
  const old = guess('admin', '10.0.0.1', 'old');
  limits.begin(old);
  limits.succeeded(old);
  limits.begin(old);
  limits.failed(old);
  for (let n = 0; n < 9; n++) assert.deepEqual(limits.begin(guess('admin', `10.0.1.${n}`)), { waitMs: 0 });
  assert.ok('refusedFor' in limits.begin(guess('admin', '10.0.2.1')), 'of the account');
  for (let n = 0; n < 58; n++) limits.refused('10.0.0.1');
  assert.equal(limits.blockedFor('10.0.0.1'), 0);
  limits.refused('10.0.0.1');
  assert.equal(limits.blockedFor('10.0.0.1'), 1, 'and of the address');
});

test('the addresses of one IPv6 network count as one', () => {
  const { limits } = limiter();
  for (let n = 0; n < 60; n++) limits.refused(`2001:db8:1:2::${n}`);
  assert.equal(limits.blockedFor('2001:db8:1:2::ffff'), 1);
  assert.equal(limits.blockedFor('2001:db8:1:3::1'), 0);
});

test('only so many accounts, addresses and right credentials are remembered; those used longest ago go first', () => {
  const { limits, guess } = limiter();
  const right = guess('admin', '10.0.0.1', 'right');
  limits.begin(right);
  limits.succeeded(right);
  for (let n = 0; n < 10_000; n++) limits.succeeded(guess(`u${n}`, '10.0.0.1', `c${n}`));
  for (let n = 0; n < 70; n++) limits.refused('10.9.9.9');
  for (let n = 0; n < 9_999; n++) limits.refused(`10.1.${n >> 8}.${n & 255}`);
  assert.ok(limits.blockedFor('10.9.9.9') > 0, 'among the ten thousand');
  limits.refused('10.2.0.0');
  assert.equal(limits.blockedFor('10.9.9.9'), 0, 'beyond them');
  for (let n = 0; n < 10; n++) limits.begin(guess('admin', '10.3.0.1', `wrong ${n}`));
  assert.ok('refusedFor' in limits.begin(right), 'forgotten, it is a trial like any other');
  assert.deepEqual(limits.begin(guess('u9999', '10.4.0.1', 'c9999')), { waitMs: 0 });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import type { CollectOutcome } from './collect-request.ts';
import { type CollectorHost, createCollectorHost } from './collector-host.ts';
import { fromJsonBytes } from './json-bytes.ts';

const catalogue = new URL('../testing/faulty-collectors.ts', import.meta.url).href;

async function withHost(work: (host: CollectorHost) => Promise<void>, root = ''): Promise<void> {
  const host = createCollectorHost({ root, catalogue });
  try {
    await work(host);
  } finally {
    await host.close();
  }
}

const dataOf = (outcome: CollectOutcome): unknown => (outcome.ok ? fromJsonBytes(outcome.data) : assert.fail(outcome.problem));
const failureOf = (outcome: CollectOutcome): string =>
  outcome.ok ? assert.fail('it collected') : `${outcome.failure}: ${outcome.problem}`;

describe('a collector in trouble is told apart, and the others go on', () => {
  const kinds: readonly (readonly [name: string, failure: RegExp, threads: number])[] = [
    ['throws', /^failed: no such disk$/, 1],
    ['throws-at-start', /^failed: cannot start$/, 1],
    ['floods', /^flooded: a report of 1202 bytes; 1000 are allowed$/, 1],
    ['hangs', /^timed-out: no answer within 0.3 s$/, 1],
    ['throws-later', /^crashed: too late to catch$/, 1],
    ['forgets-a-promise', /^crashed: nobody waits for this$/, 1],
    ['blocks', /^blocked: held its thread for more than 0.3 s$/, 2],
    ['blocks-after-await', /^blocked: held its thread for more than 0.3 s$/, 2],
    ['exits', /^crashed: /, 2],
    ['eats-memory', /^crashed: .*memory/i, 2],
  ];
  for (const [name, failure, threads] of kinds) {
    test(`${name}: ${failure.source}`, () =>
      withHost(async (host) => {
        const timeout = name === 'eats-memory' ? 20_000 : 300;
        // Its thread is up before, so that only the collector itself takes time.
        dataOf(await host.collect('counting', 5000));
        const slow = host.collect('slow-but-well', 20_000);
        assert.match(failureOf(await host.collect(name, timeout)), failure);
        assert.deepEqual(dataOf(await host.collect('good', 5000)), { name: 'good' });
        assert.equal(dataOf(await slow), 'in the end');
        assert.equal(host.threads, threads);
        const { kept } = dataOf(await host.collect('counting', 5000)) as { kept: boolean };
        assert.equal(kept, true, 'its history is whole');
      }));
  }

  test('one that blocks between its collections fails the next one', () =>
    withHost(async (host) => {
      dataOf(await host.collect('counting', 5000));
      assert.equal(dataOf(await host.collect('blocks-afterwards', 300)), 'fine so far');
      const slow = host.collect('slow-but-well', 300);
      assert.match(failureOf(await slow), /^timed-out/, 'it had to wait for the new thread, and then took too long itself');
      assert.match(failureOf(await host.collect('blocks-afterwards', 300)), /^blocked/);
    }));

  test('one that hung begins anew', () =>
    withHost(async (host) => {
      assert.match(failureOf(await host.collect('hangs-once', 100)), /^timed-out/);
      assert.equal(dataOf(await host.collect('hangs-once', 100)), 'again');
    }));

  test('a report of nothing is null', () => withHost(async (host) => assert.equal(dataOf(await host.collect('says-nothing', 1000)), null)));
});

test('a collector that hangs in the system keeps one thread, and is not run again until that has ended', async () => {
  const root = mkdtempSync(join(tmpdir(), 'gantry-stuck-'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  try {
    await withHost(async (host) => {
      dataOf(await host.collect('counting', 5000));
      assert.match(failureOf(await host.collect('stuck-in-the-system', 300)), /^blocked: held/);
      assert.match(failureOf(await host.collect('stuck-in-the-system', 300)), /^blocked: its last collection still hangs/);
      assert.deepEqual([host.threads, host.stuckThreads], [1, 1], 'no further thread was started');
      assert.deepEqual(dataOf(await host.collect('good', 5000)), { name: 'good' });
      // The other side of the pipe opens, and the thread can end.
      closeSync(openSync(join(root, 'pipe'), constants.O_RDWR));
      await until('no thread is stuck', () => host.stuckThreads === 0);
      assert.match(failureOf(await host.collect('stuck-in-the-system', 300)), /^blocked: held/);
      closeSync(openSync(join(root, 'pipe'), constants.O_RDWR));
    }, root);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('a catalogue that cannot be loaded fails the collections, and does not start threads for ever', async () => {
  const host = createCollectorHost({ catalogue: 'data:text/javascript,throw new Error("broken build")' });
  assert.equal(failureOf(await host.collect('good', 5000)), 'crashed: broken build');
  assert.equal(failureOf(await host.collect('good', 5000)), 'crashed: broken build');
  assert.equal(host.threads, 2);
  await host.close();
});

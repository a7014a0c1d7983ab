import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, GantryError, silentLog } from '../../base/index.ts';
import type { Entry, Store, Transaction, TransactionResult } from '../../store/index.ts';
import { transactSurely } from './transact-surely.ts';

const outage = () => new GantryError('STORE_UNAVAILABLE', { store: 'x', detail: 'no answer' });
const full = () => new GantryError('STORE_FULL', { store: 'x', detail: 'no room' });

/** A store of one key whose answers are lost, refused or late as told: one word for each call of `transact`. */
class Flaky {
  entry: Entry | undefined;
  revision = 10;
  readonly answers: string[];
  readonly pauses: number[] = [];
  readErrors = 0;

  constructor(...answers: string[]) {
    this.answers = answers;
  }

  get parts() {
    const clock: Pick<Clock, 'sleep'> = { sleep: async (ms) => void this.pauses.push(ms) };
    const store: Pick<Store, 'get' | 'transact'> = {
      get: async () => {
        if (this.readErrors-- > 0) throw outage();
        return this.entry;
      },
      transact: async (transaction) => this.#answer(transaction),
    };
    return { store: store as Store, clock: clock as Clock, log: silentLog, signal: new AbortController().signal };
  }

  #answer(transaction: Transaction): TransactionResult {
    const answer = this.answers.shift() ?? 'fine';
    if (answer === 'unreached') throw outage();
    if (answer === 'full') throw full();
    if (answer === 'late') {
      // The attempt before arrives just before this one.
      this.#apply(transaction);
    }
    const result = this.#apply(transaction);
    if (answer === 'lost') throw outage();
    return result;
  }

  #apply({ compares, writes }: Transaction): TransactionResult {
    if ((this.entry?.modRevision ?? 0) !== compares[0]?.modRevision) return { committed: false };
    const [write] = writes;
    assert(write?.type === 'put');
    this.revision++;
    this.entry = { key: write.key, value: write.value, createRevision: this.revision, modRevision: this.revision };
    return { committed: true, revision: this.revision };
  }
}

const compare = [{ key: '/k', modRevision: 0 }];
const write = [{ type: 'put', key: '/k', value: 'ours' } as const];

test('an attempt whose answer was lost is recognised, and not made twice', async () => {
  for (const answers of [['lost'], ['unreached', 'lost'], ['unreached', 'late'], ['lost', 'lost']]) {
    const flaky = new Flaky(...answers);
    assert.equal(await transactSurely(flaky.parts, compare, write), 11, answers.join());
    assert.equal(flaky.revision, 11);
  }
});

test('an attempt that reached nobody is repeated, with growing pauses, also while nothing can be read', async () => {
  const flaky = new Flaky(...Array(9).fill('unreached'));
  flaky.readErrors = 2;
  assert.equal(await transactSurely(flaky.parts, compare, write), 11);
  assert.deepEqual(flaky.pauses.slice(0, 4), [50, 100, 200, 400]);
  assert.equal(Math.max(...flaky.pauses), 5000);
});

test('a value of somebody else, or our own of before, is not taken for our attempt', async () => {
  const other = new Flaky('unreached');
  other.entry = { key: '/k', value: 'theirs', createRevision: 5, modRevision: 5 };
  assert.equal(await transactSurely(other.parts, compare, write), undefined);
  const before = new Flaky('unreached');
  before.entry = { key: '/k', value: 'ours', createRevision: 5, modRevision: 5 };
  assert.equal(await transactSurely(before.parts, [{ key: '/k', modRevision: 5 }], write), 11, 'the same value as before is written again');
});

test('a full store is told while it is certain that nothing was written, and waited for when it is not', async () => {
  await assert.rejects(transactSurely(new Flaky('full').parts, compare, write), { code: 'STORE_FULL' });
  const uncertain = new Flaky('unreached', 'full', 'full');
  assert.equal(await transactSurely(uncertain.parts, compare, write), 11);
  assert.equal(await transactSurely(new Flaky('lost', 'full').parts, compare, write), 11);
});

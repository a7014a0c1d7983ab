import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { GantryError } from '../base/index.ts';
import { GroupCommit } from './group-commit.ts';

/** A table of numbers; what happens around the commits is written down. */
function rig(meet: (event: string) => void = () => undefined) {
  const db = new DatabaseSync(':memory:');
  db.exec('CREATE TABLE number (value INTEGER)');
  const events: string[] = [];
  const on = (event: string) => () => {
    events.push(event);
    meet(event);
  };
  const commits = new GroupCommit(db, '/the/file', { begin: on('begin'), beforeCommit: on('before'), afterCommit: on('after') });
  const insert = db.prepare('INSERT INTO number VALUES (?)');
  const add = (value: number) =>
    commits.submit(() => {
      events.push(`work ${value}`);
      insert.run(value);
      return value * 10;
    });
  const values = () =>
    db
      .prepare('SELECT value FROM number ORDER BY rowid')
      .all()
      .map((row) => row['value']);
  return { db, commits, events, add, values };
}

describe('work that arrives together', () => {
  it('shares a commit, in the order of its arrival', async () => {
    const { add, events, values } = rig();
    assert.deepEqual(await Promise.all([add(1), add(2), add(3)]), [10, 20, 30]);
    assert.deepEqual(events, ['begin', 'work 1', 'work 2', 'work 3', 'before', 'after']);
    await add(4);
    assert.deepEqual(events.slice(6), ['begin', 'work 4', 'before', 'after']);
    assert.deepEqual(values(), [1, 2, 3, 4]);
  });

  it('is answered when the commit is made', async () => {
    const { db, add } = rig();
    let open: boolean | undefined;
    await add(1).then(() => {
      open = db.isTransaction;
    });
    assert.equal(open, false);
  });

  it('is cut into groups, so that nobody waits for long', async () => {
    const { add, events } = rig();
    const all = Promise.all(Array.from({ length: 600 }, (_, value) => add(value)));
    await new Promise(setImmediate);
    assert.deepEqual(events.filter((event) => event === 'before').length, 1, 'others have their turn in between');
    assert.equal(events.filter((event) => event.startsWith('work')).length, 256);
    await all;
    assert.equal(events.filter((event) => event === 'before').length, 3);
  });

  it('may refuse for itself', async () => {
    const { commits, add, values } = rig();
    const refusal = new GantryError('STORE_LEASE_UNKNOWN', { lease: 'x' });
    const refuse = () => {
      throw refusal;
    };
    const outcomes = await Promise.allSettled([add(1), commits.submit(refuse), add(2)]);
    assert.deepEqual(outcomes, [
      { status: 'fulfilled', value: 10 },
      { status: 'rejected', reason: refusal },
      { status: 'fulfilled', value: 20 },
    ]);
    assert.deepEqual(values(), [1, 2]);
  });

  it('fails together with a defect in one of it, and what comes later does not', async () => {
    const { db, commits, add, values, events } = rig();
    const defect = new TypeError('a defect');
    const outcomes = await Promise.allSettled([
      add(1),
      commits.submit(() => {
        throw defect;
      }),
    ]);
    assert.deepEqual(
      outcomes.map((one) => one.status === 'rejected' && one.reason),
      [defect, defect],
    );
    assert.deepEqual([values(), db.isTransaction], [[], false]);
    assert.ok(!events.includes('after'), 'nothing was committed');
    assert.equal(await add(2), 20);
  });

  it('fails with what the database says, as an error of the store', async () => {
    const { db, commits, add } = rig();
    db.exec('CREATE TABLE one (value INTEGER CHECK (value = 1))');
    const full = Object.assign(new Error('database or disk is full'), { errcode: 13 });
    const outcome = commits.submit(() => {
      db.exec('ROLLBACK');
      throw full;
    });
    await assert.rejects(outcome, { code: 'STORE_FULL', facts: { store: '/the/file', detail: 'database or disk is full' } });
    assert.equal(await add(1), 10, 'although the database had taken it back by itself');
  });

  it('fails when it cannot be begun or ended', async () => {
    for (const bad of ['begin', 'before']) {
      let fails = true;
      const { add, values } = rig((event) => {
        if (event === bad && fails) throw Object.assign(new Error('locked'), { errcode: 5 });
      });
      await assert.rejects(add(1), { code: 'STORE_UNAVAILABLE' }, bad);
      fails = false;
      await add(2);
      assert.deepEqual(values(), [2]);
    }
  });

  it('is committed at the end, and then nothing more is taken', async () => {
    const { commits, add, values, events } = rig();
    const waiting = Promise.all(Array.from({ length: 300 }, (_, value) => add(value)));
    commits.close();
    assert.equal(values().length, 300, 'at once');
    const before = events.length;
    await waiting;
    await new Promise(setImmediate);
    assert.equal(events.length, before, 'the turn that was planned has nothing to do');
    await assert.rejects(add(1), { code: 'STORE_UNAVAILABLE', facts: { store: '/the/file', detail: 'it was closed' } });
    assert.equal(values().length, 300);
  });
});

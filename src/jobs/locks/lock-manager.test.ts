import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createLockManager, type LockManager } from './lock-manager.ts';
import { type LockTarget, type LockWant, lockWants } from './lock-want.ts';

const want = (level: LockWant['level'], key: string, mode: LockWant['mode']): LockWant => ({ level, key, label: key, mode });
const ask = (locks: LockManager, owner: number, wants: readonly LockWant[], priority = 0) => {
  const state = { held: false };
  state.held = locks.request(owner, wants, priority, () => {
    state.held = true;
  });
  return state;
};
const web1 = [want('instance', 'web1', 'exclusive')];
const readWeb1 = [want('instance', 'web1', 'shared')];

describe('locks', () => {
  test('readers share, a writer excludes, and a writer that waits is not overtaken by new readers', () => {
    const locks = createLockManager();
    const reader = ask(locks, 1, readWeb1);
    const writer = ask(locks, 2, web1);
    const late = ask(locks, 3, readWeb1);
    assert.deepEqual([reader.held, writer.held, late.held], [true, false, false]);
    locks.release(1);
    assert.deepEqual([writer.held, late.held], [true, false]);
    locks.release(2);
    assert.equal(late.held, true);
  });

  test('a better priority goes first, but not for ever', () => {
    const locks = createLockManager();
    ask(locks, 1, web1);
    const patient = ask(locks, 2, web1, 5);
    let holder = 1;
    let overtaken = 0;
    for (let owner = 3; owner < 1000 && !patient.held; owner++) {
      const urgent = ask(locks, owner, web1, -5);
      locks.release(holder);
      if (urgent.held) {
        overtaken++;
        holder = owner;
      }
    }
    assert.equal(patient.held, true);
    assert.equal(overtaken, 100);
  });

  test('all of a level conflicts with each of its objects', () => {
    const locks = createLockManager();
    const one = ask(locks, 1, web1);
    const all = ask(locks, 2, [want('instance', '*', 'shared')]);
    const other = ask(locks, 3, [want('instance', 'web2', 'exclusive')]);
    const otherLevel = ask(locks, 4, [want('node', '*', 'exclusive')]);
    assert.deepEqual([one.held, all.held, other.held, otherLevel.held], [true, false, false, true]);
    assert.equal(locks.waitingFor(2), 'all of level instance (held by job 1)');
    locks.release(1);
    assert.deepEqual([all.held, other.held], [true, false]);
    assert.equal(ask(locks, 5, [want('instance', 'web3', 'shared')]).held, false, 'a reader behind a waiting writer');
    locks.release(2);
    assert.equal(other.held, true);
  });

  test('tell who holds and who waits', () => {
    const locks = createLockManager();
    ask(locks, 12, web1);
    ask(locks, 13, [...web1, want('node', 'node1', 'shared')]);
    ask(locks, 14, readWeb1);
    assert.equal(locks.waitingFor(13), 'instance web1 (held by job 12)');
    assert.equal(locks.waitingFor(12), undefined);
    assert.deepEqual(locks.rows(), [
      {
        name: 'instance/web1',
        level: 'instance',
        mode: 'exclusive',
        owners: [12],
        pending: [
          { job: 13, mode: 'exclusive' },
          { job: 14, mode: 'shared' },
        ],
      },
    ]);
  });

  test('are given up by one who waits, and by level before the end', () => {
    const locks = createLockManager();
    const allocation = [want('allocation', 'allocation', 'exclusive')];
    ask(locks, 1, [...web1, ...allocation]);
    const waiting = ask(locks, 2, [...allocation, want('instance', 'web2', 'exclusive')]);
    const second = ask(locks, 3, [want('instance', 'web2', 'exclusive')]);
    assert.deepEqual([waiting.held, second.held], [false, false]);
    locks.release(2);
    assert.equal(second.held, true, 'what the one who gave up held already is free');
    const third = ask(locks, 4, allocation);
    locks.releaseLevel(1, 'allocation');
    assert.equal(third.held, true);
    assert.equal(ask(locks, 5, web1).held, false);
    for (const owner of [1, 3, 4, 5]) locks.release(owner);
    assert.deepEqual(locks.rows(), []);
  });

  test('tell who is in the way of one who wants a whole level', () => {
    const locks = createLockManager();
    ask(locks, 1, web1);
    ask(locks, 2, [want('instance', 'web2', 'shared')]);
    assert.deepEqual(
      locks.rows().map(({ name }) => name),
      ['instance/web1', 'instance/web2'],
    );
    ask(locks, 3, [want('instance', '*', 'shared')]);
    assert.equal(locks.waitingFor(3), 'all of level instance (held by job 1)');
    const all = locks.rows().find(({ name }) => name === 'instance/*');
    assert.deepEqual(all, {
      name: 'instance/*',
      level: 'instance',
      mode: 'exclusive',
      owners: [1, 2],
      pending: [{ job: 3, mode: 'shared' }],
    });
  });

  test('move in the queue with a new priority', () => {
    const locks = createLockManager();
    ask(locks, 1, web1);
    const first = ask(locks, 2, web1);
    const second = ask(locks, 3, web1);
    locks.changePriority(3, -1);
    locks.release(1);
    assert.deepEqual([first.held, second.held], [false, true]);
  });

  test('let those go on who waited only for one that moves back', () => {
    const locks = createLockManager();
    ask(locks, 1, readWeb1);
    const writer = ask(locks, 2, web1);
    const reader = ask(locks, 3, readWeb1);
    assert.equal(reader.held, false);
    locks.changePriority(2, 5);
    assert.deepEqual([writer.held, reader.held], [false, true]);
    assert.equal(locks.waitingFor(2), 'instance web1 (held by job 1, 3)');
  });

  test('remember a new priority until the next lock, and keep equal ones in their order', () => {
    const locks = createLockManager();
    ask(locks, 1, web1);
    ask(locks, 2, [want('instance', 'web2', 'exclusive')]);
    const moved = ask(locks, 3, [...web1, want('instance', 'web2', 'exclusive')], 5);
    const other = ask(locks, 4, [want('instance', 'web2', 'exclusive')], 0);
    locks.changePriority(3, -1);
    locks.release(1);
    assert.equal(locks.waitingFor(3), 'instance web2 (held by job 2)');
    locks.release(2);
    assert.deepEqual([moved.held, other.held], [true, false]);
    locks.changePriority(3, 7);
    assert.equal(moved.held, true);
  });

  test('name at most five of those in the way, in the order of their numbers, and those in front', () => {
    const locks = createLockManager();
    for (const owner of [9, 7, 5, 3, 2]) ask(locks, owner, readWeb1);
    ask(locks, 30, web1);
    assert.equal(locks.waitingFor(30), 'instance web1 (held by job 2, 3, 5, 7, 9)');
    for (const owner of [11, 10]) locks.request(owner, readWeb1, -1, () => undefined);
    assert.equal(locks.waitingFor(30), 'instance web1 (held by job 2, 3, 5, 7, 9 and 2 more)');
    ask(locks, 41, readWeb1);
    ask(locks, 40, web1);
    assert.equal(locks.waitingFor(41), 'instance web1 (after job 30)');
    ask(locks, 50, readWeb1);
    assert.equal(locks.waitingFor(50), 'instance web1 (after job 30, 40, 41)');
    assert.equal(locks.waitingFor(99), undefined);
    assert.deepEqual(locks.rows(), [
      {
        name: 'instance/web1',
        level: 'instance',
        mode: 'shared',
        owners: [2, 3, 5, 7, 9, 10, 11],
        pending: [
          { job: 30, mode: 'exclusive' },
          { job: 41, mode: 'shared' },
          { job: 40, mode: 'exclusive' },
          { job: 50, mode: 'shared' },
        ],
      },
    ]);
  });

  test('of a whole level are listed when somebody asked for it, in its mode', () => {
    const locks = createLockManager();
    ask(locks, 1, [want('node', '*', 'shared')]);
    ask(locks, 2, [want('group', '*', 'exclusive')]);
    ask(locks, 3, [want('node', 'node1', 'exclusive')]);
    assert.deepEqual(
      locks.rows().map(({ name, mode, owners, pending }) => [name, mode, owners, pending]),
      [
        ['node/*', 'shared', [1], [{ job: 3, mode: 'exclusive' }]],
        ['group/*', 'exclusive', [2], []],
      ],
    );
    assert.equal(locks.waitingFor(3), 'all of level node (held by job 1)');
  });

  test('cannot be asked for twice, but again when they were given back', () => {
    const locks = createLockManager();
    ask(locks, 1, web1);
    assert.throws(() => ask(locks, 1, web1), /job 1 asked for locks while it has some/);
    locks.release(1);
    assert.equal(ask(locks, 1, web1).held, true);
  });

  test('of somebody unknown are none', () => {
    const locks = createLockManager();
    assert.equal(locks.extend(9, web1), false);
    locks.release(9);
    locks.releaseLevel(9, 'instance');
    locks.changePriority(9, 1);
    assert.equal(ask(locks, 1, web1).held, true);
    assert.deepEqual(locks.rows()[0]?.owners, [1]);
  });

  test('go to the next also when whoever gets them gives them back at once', () => {
    const locks = createLockManager();
    ask(locks, 1, web1);
    const next = { held: false };
    locks.request(2, web1, 0, () => {
      locks.release(2);
      Object.assign(next, ask(locks, 3, web1));
    });
    locks.release(1);
    assert.equal(next.held, true);
    assert.equal(ask(locks, 4, web1).held, false, 'the lock of job 3 is not forgotten with that of job 1');
  });

  test('that were given up by another one just now are not granted', () => {
    const locks = createLockManager();
    ask(locks, 1, web1);
    const granted: number[] = [];
    locks.request(2, readWeb1, 0, () => {
      granted.push(2);
      locks.release(3);
    });
    locks.request(3, readWeb1, 0, () => granted.push(3));
    locks.release(1);
    assert.deepEqual(granted, [2]);
    assert.deepEqual(locks.rows()[0]?.owners, [2]);
  });

  test('grow without waiting where nobody else holds them, also in front of those who wait', () => {
    const all = (mode: LockWant['mode']) => [want('instance', '*', mode)];
    const web2 = [want('instance', 'web2', 'exclusive')];
    const wider: [held: LockWant[], more: LockWant[], isReadable: boolean][] = [
      [readWeb1, web1, false],
      [web1, readWeb1, false],
      [web1, web2, false],
      [readWeb1, web2, true],
      [readWeb1, all('shared'), true],
      [web1, all('shared'), false],
      [all('shared'), web1, false],
      [all('shared'), readWeb1, true],
      [all('exclusive'), all('shared'), false],
    ];
    for (const [held, more, isReadable] of wider) {
      const locks = createLockManager();
      ask(locks, 1, held);
      ask(locks, 2, all('exclusive'));
      assert.equal(locks.extend(1, more), true, JSON.stringify([held, more]));
      locks.release(2);
      assert.equal(ask(locks, 3, readWeb1).held, isReadable, JSON.stringify([held, more]));
      locks.release(3);
      locks.release(1);
      assert.deepEqual(locks.rows(), []);
      assert.equal(ask(locks, 4, all('exclusive')).held, true);
    }
  });

  test('do not grow where somebody else holds them, or waits for one that is not held yet', () => {
    const locks = createLockManager();
    ask(locks, 1, readWeb1);
    ask(locks, 2, readWeb1);
    assert.equal(locks.extend(1, web1), false);
    assert.deepEqual(locks.rows()[0]?.mode, 'shared', 'it keeps what it had');
    locks.release(2);
    assert.equal(locks.extend(1, web1), true);
    ask(locks, 5, [want('node', 'node1', 'shared')]);
    const writer = ask(locks, 6, [want('node', 'node1', 'exclusive')]);
    assert.equal(locks.extend(1, [want('node', 'node1', 'shared')]), false, 'it would overtake who waits');
    locks.release(1);
    locks.release(5);
    assert.equal(writer.held, true);
  });
});

describe('an object', () => {
  const target: LockTarget = { uuid: '00000000-0000-4000-8000-000000000001', name: 'web1' };
  const resolve = (_kind: string, name: string) => (['web1', target.uuid].includes(name.toLowerCase()) ? target : undefined);
  const wants = (name: string, known = true) =>
    lockWants([{ kind: 'instance', name, mode: 'exclusive' }], known ? resolve : () => undefined);

  test('is one lock under its name, however written, and its UUID', () => {
    for (const [a, b] of [
      ['web1', target.uuid],
      ['WEB1', 'web1'],
    ] as const) {
      const locks = createLockManager();
      ask(locks, 1, wants(a));
      assert.equal(ask(locks, 2, wants(b)).held, false);
      assert.equal(locks.rows().length, 1);
      // Who waits may do so at the lock of the UUID, of which people know nothing.
      const pending = [{ job: 2, mode: 'exclusive' }];
      assert.deepEqual(locks.rows(), [{ name: 'instance/web1', level: 'instance', mode: 'exclusive', owners: [1], pending }]);
    }
  });

  test('that is being created is locked against those who find it by UUID', () => {
    const locks = createLockManager();
    ask(locks, 1, wants('web1', false));
    assert.equal(ask(locks, 2, wants(target.uuid)).held, false);
  });
});

describe('any sequence of requests', () => {
  const level = fc.constantFrom('instance', 'allocation', 'node') as fc.Arbitrary<LockWant['level']>;
  const wantArbitrary = fc.record({
    kind: level,
    name: fc.constantFrom('a', 'b', 'c', '*'),
    mode: fc.constantFrom('shared', 'exclusive') as fc.Arbitrary<LockWant['mode']>,
  });
  const action = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant('request' as const),
        wants: fc.array(wantArbitrary, { maxLength: 4 }),
        priority: fc.integer({ min: -2, max: 2 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('release' as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('cancel' as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('early' as const), which: fc.nat(), level }) },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('extend' as const), which: fc.nat(), wants: fc.array(wantArbitrary, { maxLength: 3 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('priority' as const), which: fc.nat(), priority: fc.integer({ min: -3, max: 3 }) }),
    },
  );

  type Step = typeof action extends fc.Arbitrary<infer T> ? T : never;
  interface Owner {
    readonly id: number;
    wants: readonly LockWant[];
    readonly state: { held: boolean };
  }

  const conflict = (a: LockWant, b: LockWant) =>
    a.level === b.level && (a.key === b.key || a.key === '*' || b.key === '*') && (a.mode === 'exclusive' || b.mode === 'exclusive');
  const check = (owners: readonly Owner[]) => {
    const holding = owners.filter(({ state }) => state.held);
    for (const [i, a] of holding.entries()) {
      for (const b of holding.slice(i + 1)) {
        const clash = a.wants.some((one) => b.wants.some((other) => conflict(one, other)));
        assert.ok(!clash, `owners ${a.id} and ${b.id} hold incompatible locks`);
      }
    }
  };

  test('never has two incompatible holders, and everybody gets their turn', () => {
    const model = (actions: readonly Step[]) => {
      const locks = createLockManager();
      const owners: Owner[] = [];
      const leave = (owner: Owner) => {
        owners.splice(owners.indexOf(owner), 1);
        locks.release(owner.id);
      };
      for (const [id, step] of actions.entries()) {
        const pick = (list: readonly Owner[]) => ('which' in step ? list[step.which % Math.max(1, list.length)] : undefined);
        if (step.type === 'request') {
          const wants = lockWants(step.wants, () => undefined);
          owners.push({ id, wants, state: ask(locks, id, wants, step.priority) });
        } else if (step.type === 'release') {
          const owner = pick(owners.filter(({ state }) => state.held));
          if (owner) leave(owner);
        } else if (step.type === 'cancel') {
          const owner = pick(owners.filter(({ state }) => !state.held));
          if (owner) leave(owner);
        } else if (step.type === 'early') {
          const owner = pick(owners.filter(({ state }) => state.held));
          if (owner) {
            owner.wants = owner.wants.filter((each) => each.level !== step.level);
            locks.releaseLevel(owner.id, step.level);
          }
        } else if (step.type === 'extend') {
          const owner = pick(owners.filter(({ state }) => state.held));
          const wants = lockWants(step.wants, () => undefined);
          if (owner && locks.extend(owner.id, wants)) owner.wants = [...owner.wants, ...wants];
          else if (owner) leave(owner);
        } else {
          const owner = pick(owners);
          if (owner) locks.changePriority(owner.id, step.priority);
        }
        check(owners);
      }
      while (owners.length > 0) {
        const holder = owners.find(({ state }) => state.held);
        assert.ok(holder, `deadlock among ${owners.map(({ id }) => `${id}: ${locks.waitingFor(id)}`).join('; ')}`);
        leave(holder);
        check(owners);
      }
      assert.deepEqual(locks.rows(), []);
    };
    fc.assert(fc.property(fc.array(action, { maxLength: 60 }), model), { seed: 20, numRuns: 1500 });
  });
});

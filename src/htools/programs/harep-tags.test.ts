import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRepairTag, repairPolicy, stateFromTags, tagged, withCurrent } from './harep-tags.ts';

const tag = (text: string) => `ganeti:watcher:autorepair:${text}`;

test('a tag of a repair has all its parts, or is none', () => {
  assert.deepEqual(parseRepairTag(tag('pending:failover:u1:100:7+8')), {
    kind: 'failover',
    uuid: 'u1',
    time: 100,
    jobs: [7, 8],
    result: undefined,
    tag: tag('pending:failover:u1:100:7+8'),
  });
  const done = parseRepairTag(tag('result:migrate:u1:100:success:'));
  assert.deepEqual([done?.kind, done?.result, done?.jobs], ['migrate', 'success', []]);
  for (const text of [
    'pending:failover:u1:100',
    'pending:failover:u1:100:7:8',
    'pending:fly:u1:100:7',
    'pending:failover:u1:now:7',
    'pending:failover:u1:100:7+x',
    'result:failover:u1:100:7',
    'result:failover:u1:100:maybe:7',
    'other:failover:u1:100:7',
    'failover',
  ])
    assert.equal(parseRepairTag(tag(text)), undefined, text);
  assert.equal(parseRepairTag('pending:failover:u1:100:7'), undefined);
});

test('a repair and its tag say the same', () => {
  for (const text of [
    'pending:failover:u1:100:7+8',
    'pending:fix-storage:u:1:',
    'result:reinstall:u:5:enoperm:',
    'result:migrate:u:5:failure:9',
  ]) {
    const repair = parseRepairTag(tag(text));
    assert.ok(repair);
    assert.deepEqual(tagged(repair), repair);
  }
});

test('the newest repair counts, the result of one before its beginning, and a failure lasts', () => {
  const state = (...texts: string[]) => {
    const { name, repair, outdated } = stateFromTags('web1', texts.map(tag));
    return [name, repair?.tag.slice(tag('').length), outdated.map((one) => one.slice(tag('').length))];
  };
  const [pending, success, failure, refused] = [
    'pending:migrate:a:100:7',
    'result:migrate:a:110:success:7',
    'result:migrate:a:110:failure:7',
    'result:migrate:a:110:enoperm:',
  ];
  assert.deepEqual(state(), ['Healthy', undefined, []]);
  assert.deepEqual(state('suspend:', 'migrate'), ['Healthy', undefined, []]);
  assert.deepEqual(state(pending), ['Pending repair', pending, []]);
  assert.deepEqual(state(pending, success), ['Healthy', success, []]);
  assert.deepEqual(state(success, pending), ['Healthy', success, []]);
  assert.deepEqual(state(pending, failure), ['Failure', failure, []]);
  assert.deepEqual(state(success, failure), ['Failure', failure, []], 'the worse of two results');
  assert.deepEqual(state(refused), ['Healthy', refused, []]);
  const later = 'pending:failover:b:200:9';
  assert.deepEqual(state(later, success), ['Pending repair', later, [success]]);
  assert.deepEqual(state(later, failure), ['Failure', failure, []]);
  const last = 'result:failover:c:300:success:9';
  assert.deepEqual(state(last, 'result:failover:b:200:success:8', success), [
    'Healthy',
    last,
    ['result:failover:b:200:success:8', success],
  ]);
  assert.deepEqual(state('result:migrate:a:110:success:7', 'result:migrate:a:120:success:8')[1], 'result:migrate:a:120:success:8');
  assert.throws(() => state(pending, later), {
    code: 'HAREP_TAGS_CONFLICT',
    facts: { instance: 'web1', tag: tag(later), older: tag(pending) },
  });
  assert.equal(state(pending, success, later)[0], 'Pending repair', "one that is done is in nobody's way");
});

test('what takes the place of a repair makes its tag outdated', () => {
  const repair = tagged({ kind: 'migrate', uuid: 'a', time: 1, jobs: [], result: undefined });
  assert.deepEqual(withCurrent({ name: 'Healthy', repair: undefined, outdated: ['x'] }), ['x']);
  assert.deepEqual(withCurrent({ name: 'Healthy', repair, outdated: ['x'] }), [repair.tag, 'x']);
});

test('the nearest level that says anything decides; a suspension goes before a permission', () => {
  const policy = (...levels: string[][]) =>
    repairPolicy(
      levels.map((tags) => tags.map(tag)),
      1000,
    );
  assert.deepEqual(policy(), {});
  assert.deepEqual(policy([], [], []), {});
  assert.deepEqual(policy(['failover'], ['migrate']), { allowed: 'failover' });
  assert.deepEqual(policy([], ['migrate'], ['suspend:']), { allowed: 'migrate' });
  assert.deepEqual(policy(['reinstall', 'migrate']), { allowed: 'migrate' }, 'the least destructive of several');
  assert.deepEqual(policy(['suspend:', 'failover']), { suspended: 'Forever' });
  assert.deepEqual(policy(['suspend:2000', 'suspend:3000', 'failover']), { suspended: 3000 });
  assert.deepEqual(policy(['suspend:1000', 'failover']), { allowed: 'failover' }, 'over in this second');
  assert.deepEqual(policy(['suspend:1001', 'failover']), { suspended: 1001 });
  assert.deepEqual(policy(['suspend:tomorrow', 'failover']), { allowed: 'failover' });
  assert.deepEqual(policy(['suspend:500'], ['fix-storage']), { allowed: 'fix-storage' });
  assert.deepEqual(repairPolicy([['failover', 'x:failover']], 1000), {}, 'without the prefix it is some other tag');
});

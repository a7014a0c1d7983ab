import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterState, Move } from '../../placement/index.ts';
import { commandWords } from './command-words.ts';
import { membersOf, moveMembers } from './node-members.ts';
import { printTable } from './print-table.ts';
import { showHealth, showList, showString } from './show-value.ts';

test('the commands of each manager, word by word', () => {
  const told = (managedBy: 'gantry' | 'ganeti') => {
    const words = commandWords({ managedBy } as Parameters<typeof commandWords>[0]);
    return [
      words.migrate('i', undefined),
      words.migrate('i', 'n'),
      words.failover('i', undefined),
      words.failover('i', 'n'),
      words.replaceSecondary('i', 'n'),
      words.tagNode('n', 't'),
      words.powerNode('n', true),
      words.powerNode('n', false),
    ];
  };
  assert.deepEqual(told('ganeti'), [
    'gnt-instance migrate -f i',
    'gnt-instance migrate -f -n n i',
    'gnt-instance failover -f i',
    'gnt-instance failover -f -n n i',
    'gnt-instance replace-disks -n n i',
    'gnt-node add-tags n t',
    'gnt-node power -f on n',
    'gnt-node power -f off n',
  ]);
  assert.deepEqual(told('gantry'), [
    'gantry instance migrate i',
    'gantry instance migrate -n n i',
    'gantry instance failover --yes i',
    'gantry instance failover --yes -n n i',
    "echo 'Give instance i the secondary node n by hand.'",
    'gantry tag add node n t',
    "echo 'Switch node n on by hand.'",
    "echo 'Switch node n off by hand.'",
  ]);
});

test('tables: columns as wide as their widest cell in characters, numbers to the right', () => {
  const rows = [
    ['Name', 'Count'],
    ['😀', '7'],
    ['longer', '123456'],
  ];
  assert.equal(printTable('>', rows, [false, true]), '> Name    Count\n> 😀           7\n> longer 123456\n');
  assert.equal(printTable('', rows.slice(0, 1), [true, false]), ' Name Count\n');
  assert.equal(printTable('', [], []), '');
});

test('values in the notation of the language of Ganeti', () => {
  assert.equal(showString('a "b"'), '"a \\"b\\""');
  assert.deepEqual([showList([]), showList(['a', 'b'])], ['[]', '[a,b]']);
  assert.deepEqual([showHealth(0), showHealth(1), showHealth(8)], ['Ok ()', 'Bad FailMem', 'Bad FailSpindles']);
});

test('the instances of each node, those that came last first, before and after moves', () => {
  const instance = (primary: number, secondary: number, forthcoming = false) => ({ primary, secondary, forthcoming });
  const data = { nodes: [{}, {}, {}], instances: [instance(0, 1), instance(0, -1), instance(1, 0), instance(0, 2, true), instance(0, 1)] };
  const members = membersOf({ data } as unknown as ClusterState);
  assert.deepEqual(members, { primaries: [[4, 1, 0], [2], []], secondaries: [[2], [4, 0], []] });
  const move = (moved: number, primary: number, secondary: number) => ({ instance: moved, primary, secondary }) as Move;
  assert.deepEqual(moveMembers(members, []), members);
  const after = moveMembers(members, [move(0, 1, 0), move(4, 0, 2), move(3, 2, 1), move(1, 2, -1)]);
  assert.deepEqual(after, { primaries: [[4], [0, 2], [1]], secondaries: [[0, 2], [], [4]] });
  assert.deepEqual(members.primaries, [[4, 1, 0], [2], []]);
  assert.deepEqual(moveMembers(members, [move(0, 0, 2), move(0, 0, 1)]).secondaries, [[2], [0, 4], []]);
});

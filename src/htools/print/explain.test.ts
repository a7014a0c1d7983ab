import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createState, noNode, type PreparedCluster, prepareCluster, type RuleBook } from '../../placement/index.ts';
import { textOf } from '../programs/testing/small-cluster.ts';
import { parseText } from '../sources/text/parse-text.ts';
import { moveExplainer } from './explain-move.ts';
import { explainStuck } from './explain-stuck.ts';

test('who breaks hard rules and does not move is told with the reason, others are not', () => {
  const nodes = [{ group: 0 }, { group: 0 }, { group: 1 }];
  const usual = { diskTemplate: 'drbd', autoBalance: true, movable: true, primary: 0, secondary: 1 };
  const instances = [
    { ...usual, name: 'moves' },
    { ...usual, name: 'local', diskTemplate: 'plain' },
    { ...usual, name: 'fixed', autoBalance: false },
    { ...usual, name: 'split', secondary: 2 },
    { ...usual, name: 'left out', movable: false },
    { ...usual, name: 'shared', diskTemplate: 'ext', secondary: noNode },
    { ...usual, name: 'not asked about', autoBalance: false },
  ];
  const rules = { offenders: (which: string) => (which === 'hard' ? [0, 1, 2, 3, 4, 5] : []) };
  assert.equal(
    explainStuck({ nodes, instances } as unknown as PreparedCluster, rules as unknown as RuleBook),
    [
      '  local stays: instances with disk template plain are not moved',
      '  fixed stays: it is excluded from balancing (auto_balance)',
      '  split stays: its nodes are in two node groups',
      '  left out stays: it is excluded from moving',
      '',
    ].join('\n'),
  );
});

test('a move is explained by the rules that it mends, then by the largest gains', () => {
  const text = textOf({ nodes: [{ name: 'n0' }, { name: 'n1' }], instances: [{ name: 'i0', template: 'ext', primary: 'n0' }] });
  const state = createState(prepareCluster(parseText(text, 'cluster.data')));
  let breaches = [
    { rule: 'a', excess: 2 },
    { rule: 'b', excess: 1 },
    { rule: 'a', excess: 1 },
    { rule: 'c', excess: 1 },
  ];
  const explain = moveExplainer(state, { breaches: () => breaches } as unknown as RuleBook);
  breaches = [
    { rule: 'a', excess: 1 },
    { rule: 'a', excess: 1 },
    { rule: 'b', excess: 1 },
  ];
  assert.equal(explain(), '       improves: a, c\n', 'less of one is better as well');
  assert.equal(explain(), '       improves: \n');
  breaches = [{ rule: 'b', excess: 2 }];
  assert.equal(explain(), '       improves: a\n', 'what became worse is not told');
  state.nodes.loadCpu[0] = 8;
  state.nodes.loadMemory[0] = 2;
  moveExplainer(state, undefined);
  const loaded = moveExplainer(state, undefined);
  state.nodes.loadCpu[0] = 0;
  state.nodes.loadMemory[0] = 0;
  assert.equal(loaded(), '       improves: cpu_load_cv 4.00, mem_load_cv 1.00\n');
});

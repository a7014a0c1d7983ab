import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Details, printDetails } from './print-details.ts';

test('values stand in a column, what has parts becomes a section', (t) => {
  const lines: string[] = [];
  t.mock.method(process.stdout, 'write', (text: string) => {
    lines.push(text.trimEnd());
    return true;
  });
  const details: Details = [
    ['Name', 'web1'],
    ['Longer title', null],
    ['Words', ['a', 'b']],
    ['Nothing', []],
    ['Empty', {}],
    ['Object', { a: 1, bcd: { e: true } }],
    [
      'Pairs',
      [
        ['x', 1],
        ['yy', 'z'],
      ],
    ],
    ['Objects', [{ a: 1 }, { b: 2 }]],
    ['Triples', [['x', 1, 2]]],
    ['Numbers', [[1, 2]]],
    ['Mixed', [{ a: 1 }, 'b']],
  ];
  printDetails(details);
  t.mock.reset();
  assert.deepEqual(lines, [
    'Name:         web1',
    'Longer title: -',
    'Words:        a,b',
    'Nothing:      -',
    'Empty:        -',
    'Object:',
    '  a: 1',
    '  bcd:',
    '    e: yes',
    'Pairs:',
    '  x:  1',
    '  yy: z',
    'Objects:',
    '  0:',
    '    a: 1',
    '  1:',
    '    b: 2',
    'Triples:      x,1,2',
    'Numbers:      1,2',
    'Mixed:        a=1,b',
  ]);
});

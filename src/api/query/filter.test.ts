import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GantryError } from '../../base/index.ts';
import { type Field, field, type View } from './field.ts';
import { compileFilter } from './filter.ts';

interface Thing {
  readonly name: string;
  readonly size: number;
  readonly up: boolean;
  readonly tags: string[];
  readonly owner: string | null;
  readonly at: [number, number];
}

const fields = new Map<string, Field<Thing>>(
  [
    field<Thing>('name', 'Name', 'text', '', (thing) => thing.name, 'hostname'),
    field<Thing>('size', 'Size', 'number', '', (thing) => thing.size),
    field<Thing>('up', 'Up', 'bool', '', (thing) => thing.up),
    field<Thing>('tags', 'Tags', 'other', '', (thing) => thing.tags),
    field<Thing>('owner', 'Owner', 'text', '', (thing) => thing.owner),
    field<Thing>('at', 'At', 'other', '', (thing) => thing.at, 'seconds'),
  ].map((one) => [one.name, one]),
);

const things: Thing[] = [
  { name: 'web1.example.com', size: 1, up: true, tags: ['a', 'b'], owner: 'alice', at: [100, 5] },
  { name: 'web2.example.com', size: 2, up: false, tags: [], owner: null, at: [200, 5] },
  { name: 'db', size: 30, up: true, tags: ['a'], owner: 'bob', at: [300, 5] },
];
const view = {} as View;

const passing = (filter: unknown): string[] => {
  const passes = compileFilter(filter, fields);
  return things.filter((thing) => passes(thing, view)).map(({ name }) => name.split('.')[0] ?? '');
};

/** Filter and what passes. */
const cases: [filter: unknown, names: string[]][] = [
  [null, ['web1', 'web2', 'db']],
  [['=', 'name', 'web1.example.com'], ['web1']],
  [['==', 'name', 'web1'], ['web1']],
  [['=', 'name', 'WEB1.example'], ['web1']],
  [['=', 'name', 'web'], []],
  [
    ['!=', 'name', 'db'],
    ['web1', 'web2'],
  ],
  [['<', 'size', 2], ['web1']],
  [
    ['<=', 'size', 2],
    ['web1', 'web2'],
  ],
  [['>', 'size', 2], ['db']],
  [
    ['>=', 'size', 2],
    ['web2', 'db'],
  ],
  [
    ['?', 'up'],
    ['web1', 'db'],
  ],
  [['!', ['?', 'up']], ['web2']],
  [
    ['=[]', 'tags', 'a'],
    ['web1', 'db'],
  ],
  [
    ['=~', 'name', '^web\\d'],
    ['web1', 'web2'],
  ],
  [['&', ['?', 'up'], ['=~', 'name', 'web']], ['web1']],
  [['=~', 'name', '(?i)^WEB\\D$'], []],
  [
    ['=~', 'name', '(?is)^W[D-F]B.'],
    ['web1', 'web2'],
  ],
  [
    ['|', ['=', 'name', 'db'], ['=', 'size', 2]],
    ['web2', 'db'],
  ],
  [['&'], ['web1', 'web2', 'db']],
  [['|'], []],
  // No value: the condition holds.
  [
    ['=', 'owner', 'alice'],
    ['web1', 'web2'],
  ],
  [
    ['<', 'at', 250],
    ['web1', 'web2'],
  ],
];
for (const [filter, names] of cases) test(`filter ${JSON.stringify(filter)}`, () => assert.deepEqual(passing(filter), names));

const bad: [filter: unknown, code: string][] = [
  ['name', 'API_QUERY_MALFORMED'],
  [[], 'API_QUERY_MALFORMED'],
  [[1, 2], 'API_QUERY_MALFORMED'],
  [['~~', 'name'], 'API_QUERY_MALFORMED'],
  [['=', 'name'], 'API_QUERY_MALFORMED'],
  [['=', 'size', 1.5], 'API_QUERY_MALFORMED'],
  [['=', 'name', null], 'API_QUERY_MALFORMED'],
  [['!'], 'API_QUERY_MALFORMED'],
  [['?'], 'API_QUERY_MALFORMED'],
  [['=~', 'name', '('], 'API_QUERY_MALFORMED'],
  [['=~', 'name', '(?=x)'], 'API_QUERY_MALFORMED'],
  [['=~', 'name', 'x'.repeat(2000)], 'API_QUERY_MALFORMED'],
  [['=', 'nosuch', 'x'], 'API_QUERY_FAILED'],
  [['=', '__proto__', 'x'], 'API_QUERY_FAILED'],
  [['?', 'name'], 'API_QUERY_FAILED'],
  [['=~', 'size', 'x'], 'API_QUERY_FAILED'],
  [['<', 'name', 3], 'API_QUERY_FAILED'],
  [['=[]', 'name', 'x'], 'API_QUERY_FAILED'],
];
for (const [filter, code] of bad) {
  test(`refuses ${JSON.stringify(filter).slice(0, 60)}`, () =>
    assert.throws(
      () => passing(filter),
      (error) => error instanceof GantryError && error.code === code,
    ));
}

test('a filter nested very deeply is refused', () => {
  let filter: unknown = ['?', 'up'];
  for (let depth = 0; depth < 10_000; depth += 1) filter = ['!', filter];
  assert.throws(() => compileFilter(filter, fields), /nested too deeply/);
});

test('a pattern that backtracks forever elsewhere ends here', () => {
  const passes = compileFilter(['=~', 'name', '^(a+)+$'], fields);
  assert.equal(passes({ ...(things[0] as Thing), name: `${'a'.repeat(5000)}b` }, view), false);
});

test('not, and, or obey the laws of logic', () => {
  const leaf = fc.constantFrom<unknown>(['?', 'up'], ['=', 'name', 'db'], ['<', 'size', 2], ['=[]', 'tags', 'a']);
  const { filter } = fc.letrec<{ filter: unknown }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.tuple(fc.constant('!'), tie('filter')),
      fc.tuple(fc.constantFrom('&', '|'), tie('filter'), tie('filter')),
    ),
  }));
  fc.assert(
    fc.property(filter, filter, (left, right) => {
      assert.deepEqual(passing(['!', ['!', left]]), passing(left));
      assert.deepEqual(passing(['!', ['&', left, right]]), passing(['|', ['!', left], ['!', right]]));
    }),
    { seed: 11 },
  );
});

test('anything at all is either a filter or refused with an error of the catalogue', () => {
  fc.assert(
    fc.property(fc.anything(), (filter) => {
      try {
        passing(filter);
      } catch (error) {
        assert.ok(error instanceof GantryError, String(error));
      }
    }),
    { seed: 13 },
  );
});

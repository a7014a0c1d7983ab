import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GantryError } from '../../base/index.ts';
import { offline } from '../fields/cell.ts';
import { type Field, fieldsOf } from '../fields/field.ts';
import type { View } from '../view.ts';
import { compileFilter } from './filter.ts';
import { FilterTime } from './filter-time.ts';

interface Thing {
  readonly name: string;
  readonly size: number;
  readonly up: boolean;
  readonly tags: string[];
  readonly owner: string | null;
  readonly at: [number, number];
}

const { stored } = fieldsOf<Thing>();

const fields = new Map<string, Field<Thing>>(
  [
    stored('name', 'Name', 'text', '', (thing) => thing.name, 'hostname'),
    stored('size', 'Size', 'number', '', (thing) => thing.size),
    stored('up', 'Up', 'bool', '', (thing) => thing.up),
    stored('tags', 'Tags', 'other', '', (thing) => thing.tags),
    stored('owner', 'Owner', 'text', '', (thing) => thing.owner),
    stored('at', 'At', 'other', '', (thing) => thing.at, 'seconds'),
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

/** What a filter is refused with, as Ganeti says it. */
const problems: [filter: unknown, problem: string][] = [
  ['name', 'Cannot deserialise filter: expected array [string, args], got "name"'],
  [[1, 2], 'Cannot deserialise filter: expected array [string, args], got [1, 2]'],
  [['&', 7], 'Cannot deserialise filter: expected array [string, args], got 7'],
  [['~~', 'name'], "Unknown filter operand '~~'"],
  [['toString', 'name', 'x'], "Unknown filter operand 'toString'"],
  [['=', 'name'], 'Cannot deserialise field/value pair, expected [fieldname, value] but got ["name"]'],
  [['=', 'name', 'a', 'b'], 'Cannot deserialise field/value pair, expected [fieldname, value] but got ["name", "a", "b"]'],
  [['=', 'name', null], 'Cannot deserialise filter value, expecting string or integer, got null'],
  [['=', 'size', 1.5], 'Cannot deserialise filter value, expecting string or integer, got 1.5'],
  [['!', ['?', 'up'], 1], 'Cannot deserialise field, expected [filter] but got [["?", "up"], 1]'],
  [['?', 'up', 1], 'Cannot deserialise field, expected [fieldname] but got ["up", 1]'],
  [['?', 'name'], `Unexpected value '"web1.example.com"' in boolean context`],
  [['=', 'nosuch', 'x'], "Can't find field named 'nosuch'"],
  [['?', 7], "Can't find field named '7'"],
  [['?', { toString: 1 }], `Can't find field named '{"toString": 1}'`],
  [['=', 'name', 3], 'Invalid types in comparison, trying to compare "web1.example.com" with 3'],
  [['<', 'name', 3], 'Invalid types in comparison, trying to compare "web1.example.com" with 3'],
  [['!=', 'size', 'x'], 'Invalid types in comparison, trying to compare 1 with "x"'],
  [['=[]', 'name', 'x'], 'Expected a list but got "web1.example.com"'],
  [['=~', 'size', 'x'], "Invalid field value used in regexp matching, expecting string but got '1'"],
  [['=~', 'name', 7], 'Not a regular expression: 7'],
  [['=~', 'name', 'x'.repeat(1001)], `Not a regular expression: "${'x'.repeat(1001)}"`],
];
for (const [filter, problem] of problems) {
  test(`says why ${JSON.stringify(filter).slice(0, 60)} is refused`, () =>
    assert.throws(
      () => passing(filter),
      ({ facts }: GantryError) => {
        assert.equal(facts['problem'], problem);
        return true;
      },
    ));
}

test('a field that is misspelt is told with the one that was probably meant', () => {
  const facts = (filter: unknown) => {
    try {
      return passing(filter);
    } catch (error) {
      return (error as GantryError).facts;
    }
  };
  assert.deepEqual(facts(['&', ['=', 'onwer', 'x']]), { problem: "Can't find field named 'onwer'", did_you_mean: 'owner' });
  assert.deepEqual(facts(['?', 'zorkmid']), { problem: "Can't find field named 'zorkmid'" });
});

test('a pattern may have a thousand characters, a filter fifty levels', () => {
  assert.deepEqual(passing(['=~', 'name', 'x'.repeat(1000)]), []);
  assert.throws(() => passing(['=~', 'name', '(']), /Not a regular expression: .*\(/);
  const nested = (depth: number) => {
    let filter: unknown = ['?', 'up'];
    for (let level = 0; level < depth; level += 1) filter = ['&', filter];
    return filter;
  };
  assert.deepEqual(passing(nested(50)), ['web1', 'db']);
  assert.throws(() => passing(nested(51)), /nested too deeply/);
});

test('nothing is a filter that everything passes; a name is whole or up to one of its dots', () => {
  assert.deepEqual(passing(undefined), ['web1', 'web2', 'db']);
  assert.deepEqual(passing(['!=', 'name', 'web1']), ['web2', 'db']);
  assert.deepEqual(passing(['=', 'name', 'db.example']), []);
  assert.deepEqual(passing(['<', 'name', 'web1']), ['db'], 'an order takes the whole name');
  assert.deepEqual(passing(['=', 'size', 30]), ['db']);
  assert.deepEqual(passing(['=', 'at', 200]), ['web2']);
  assert.deepEqual(passing(['>', 'at', 200]), ['db']);
});

test('where there is no value the condition holds, whatever it is', () => {
  for (const value of [undefined, null, offline] as const) {
    const odd = new Map([['x', stored('x', 'X', 'text', '', () => value)]]);
    for (const filter of [
      ['=', 'x', 'a'],
      ['=~', 'x', 'a'],
      ['?', 'x'],
      ['<', 'x', 3],
      ['=[]', 'x', 'a'],
    ])
      assert.equal(compileFilter(filter, odd)(things[0] as Thing, view), true, JSON.stringify(filter));
    assert.equal(compileFilter(['!=', 'x', 'a'], odd)(things[0] as Thing, view), false);
  }
});

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

test('the value of a field is looked up once for an object, however many conditions there are', () => {
  let lookUps = 0;
  const costly = stored('costly', 'Costly', 'text', '', (thing) => {
    lookUps += 1;
    return thing.name;
  });
  const passes = compileFilter(['|', ...Array.from({ length: 1000 }, () => ['=', 'costly', 'db'])], new Map([['costly', costly]]));
  assert.deepEqual(
    things.map((thing) => passes(thing, view)),
    [false, false, true],
  );
  assert.equal(lookUps, 3);
});

test('a filter that takes too long is refused', () => {
  let now = 0;
  const passes = compileFilter(['|', ...Array.from({ length: 1000 }, () => ['=~', 'name', 'x$'])], fields, new FilterTime(() => now));
  assert.equal(passes(things[0] as Thing, view), false);
  now = 3001;
  assert.throws(() => passes(things[0] as Thing, view), { code: 'API_QUERY_FAILED', message: /more than 3 s: it has too many conditions/ });
});

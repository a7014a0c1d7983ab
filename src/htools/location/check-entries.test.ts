import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import type { GantryError } from '../../base/index.ts';
import { checkEntries } from './check-entries.ts';
import { locateDocument } from './located-document.ts';

const closed = { additionalProperties: false };
const Rule = Type.Object({ atMost: Type.Optional(Type.Integer()), level: Type.Optional(Type.String()) }, closed);
const schema = Type.Object(
  { levels: Type.Optional(Type.Array(Type.String())), rules: Type.Optional(Type.Array(Rule)), load: Type.Optional(Type.Number()) },
  closed,
);
const told = (text: string): unknown => {
  try {
    return checkEntries(schema, locateDocument(text, 'f.yaml'));
  } catch (error) {
    const { code, message } = error as GantryError;
    return `${code}: ${message}`;
  }
};

test('what fits is the value itself', () => {
  assert.deepEqual(told('levels: [a]\nrules:\n  - { atMost: 1 }\n'), { levels: ['a'], rules: [{ atMost: 1 }] });
  assert.deepEqual(told(''), {});
});

test('a key that is not known is told with its line and the name that was meant, if any comes near', () => {
  assert.equal(told('levels: []\nlevel: []\n'), 'LOCATION_INVALID: f.yaml:2: "level" is not known in the file.');
  assert.equal(told('levles: []\n'), 'LOCATION_INVALID: f.yaml:1: "levles" is not known in the file. Is "levels" meant?');
  assert.equal(told('levels: []\nxyzzy: 1\n'), 'LOCATION_INVALID: f.yaml:2: "xyzzy" is not known in the file.');
  assert.equal(
    told('rules:\n  - atMost: 1\n  - atMots: 1\n'),
    'LOCATION_INVALID: f.yaml:3: "atMots" is not known in rules. Is "atMost" meant?',
  );
  assert.equal(
    told('rules:\n  - { level: 5, atMots: 1 }\n'),
    'LOCATION_INVALID: f.yaml:2: "atMots" is not known in rules. Is "atMost" meant?',
  );
});

test('a value of another type is told by the key that has it', () => {
  assert.equal(told('load: much\n'), 'LOCATION_INVALID: f.yaml:1: load must be a number.');
  assert.equal(told('levels: 5\n'), 'LOCATION_INVALID: f.yaml:1: levels must be an array.');
  assert.equal(told('levels:\n  - a\n  - [b]\n'), 'LOCATION_INVALID: f.yaml:3: levels must be a string.');
  assert.equal(told('load: 1\nrules:\n  - { atMost: 1.5 }\n'), 'LOCATION_INVALID: f.yaml:3: atMost must be an integer.');
  assert.equal(told('rules:\n  - 7\n'), 'LOCATION_INVALID: f.yaml:2: rules must be an object.');
  assert.equal(told('[]'), 'LOCATION_INVALID: f.yaml:1: the file must be an object.');
});

test('what is missing is told', () => {
  const Named = Type.Object({ name: Type.String(), members: Type.Array(Type.String()) });
  const missing = (text: string) => checkEntries(Type.Object({ services: Type.Array(Named) }), locateDocument(text, 'f.yaml'));
  assert.throws(
    () => missing('services:\n  - name: a\n    members: []\n  - name: b\n'),
    /^GantryError: f\.yaml:4: "members" is missing in services\.$/,
  );
  assert.throws(() => missing('other: 1\n'), /"services" is missing in the file\.$/);
});

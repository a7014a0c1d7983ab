import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opcodeCatalogue } from '../opcodes/catalogue.ts';
import { validate } from '../validate.ts';
import { NewName } from './common.ts';

const label = (length: number): string => 'a'.repeat(length);
const longest = [label(63), label(63), label(63), label(61)].join('.');

test('a name has labels of 1 to 63 characters, at most 253 in all', () => {
  for (const name of ['a', 'web1', 'Web-1.example.com', 'a_b', '1.2', 'x._tcp.y', label(63), longest])
    assert.equal(validate(NewName, name, 'x'), name);
  const refused = [
    '',
    '.',
    'a..b',
    '.a',
    'a.',
    'a.-b',
    '-a',
    'a-',
    'a b',
    'a/b',
    '../a',
    'a\n',
    'ä',
    'a\0',
    label(64),
    `b.${label(64)}`,
    `${longest}a`,
  ];
  for (const name of refused) assert.throws(() => validate(NewName, name, 'x'), { code: 'INPUT_INVALID' }, JSON.stringify(name));
});

test('every opcode that gives a name takes such names alone', () => {
  const naming: Record<string, [field: string, others: Record<string, unknown>]> = {
    OP_INSTANCE_CREATE: ['instance_name', {}],
    OP_NODE_ADD: ['node_name', { primary_ip: '192.0.2.1', agent_port: 1, certificate_fingerprint: '' }],
    OP_GROUP_ADD: ['group_name', {}],
    OP_GROUP_RENAME: ['new_name', { group_name: 'a' }],
    OP_NETWORK_ADD: ['network_name', { network: '10.0.0.0/24' }],
  };
  for (const [id, [field, others]] of Object.entries(naming)) {
    const definition = opcodeCatalogue.get(id);
    assert.ok(definition, id);
    validate(definition.params, { OP_ID: id, ...others, [field]: 'web1.example.com' }, id);
    for (const name of ['a..b', label(64), `${longest}a`]) {
      assert.throws(
        () => validate(definition.params, { OP_ID: id, ...others, [field]: name }, id),
        { code: 'INPUT_INVALID' },
        `${id} ${name}`,
      );
    }
  }
});

test('tags of a new instance are tags', () => {
  const definition = opcodeCatalogue.get('OP_INSTANCE_CREATE');
  assert.ok(definition);
  const op = { OP_ID: definition.id, instance_name: 'web1' };
  validate(definition.params, { ...op, tags: ['a:b', 'x'] }, 'op');
  for (const tag of ['', 'a b', label(129)])
    assert.throws(() => validate(definition.params, { ...op, tags: [tag] }, 'op'), { code: 'INPUT_INVALID' });
});

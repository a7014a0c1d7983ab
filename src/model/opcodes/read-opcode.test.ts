import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TSchema } from 'typebox';
import type { GantryError } from '../../base/index.ts';
import { KvmHvparams } from '../hypervisors/kvm.ts';
import { normaliseParams } from '../normalise.ts';
import { Beparams } from '../params/beparams.ts';
import { Ndparams } from '../params/ndparams.ts';
import { opcodeCatalogue } from './catalogue.ts';
import { commonOpcodeFields, type OpcodeDefinition } from './define-opcode.ts';
import { readOpcode } from './read-opcode.ts';

type Shape = TSchema & {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Shape[];
  items?: Shape;
  prefixItems?: Shape[];
  properties?: Record<string, Shape>;
  required?: string[];
  pattern?: string;
  minimum?: number;
  description?: string;
  format?: string;
};

/** Values that match the patterns of the catalogue. */
const texts = ['web1', '10.0.0.0/24', 'aa:bb:cc', 'aa:bb:cc:dd:ee:ff', 'bridged', 'a1', ''];

/** Some value that a schema takes. */
function sample(shape: Shape): unknown {
  if (shape.const !== undefined) return shape.const;
  if (shape.enum) return shape.enum[0];
  if (shape.anyOf) return sample(shape.anyOf.find(({ type }) => type !== 'null') as Shape);
  if (shape.type === 'string') return texts.find((text) => new RegExp(shape.pattern ?? '').test(text));
  if (shape.type === 'integer' || shape.type === 'number')
    return Math.max(shape.minimum ?? 0, 1_000_000 * Number(shape.description === 'Microseconds'));
  if (shape.type === 'boolean') return true;
  if (shape.type === 'array') return shape.prefixItems ? shape.prefixItems.map(sample) : shape.items ? [sample(shape.items)] : [];
  return Object.fromEntries((shape.required ?? []).map((name) => [name, sample(shape.properties?.[name] as Shape)]));
}

const required = ({ params }: OpcodeDefinition) => sample(params as Shape) as Record<string, unknown>;
const optional = ({ params }: OpcodeDefinition) =>
  Object.keys(params.properties).filter((name) => !(params as Shape).required?.includes(name));

const refusal = (op: Record<string, unknown>): string => {
  try {
    readOpcode(op);
  } catch (error) {
    assert.equal((error as GantryError).code, 'INPUT_INVALID');
    return String((error as GantryError).facts['field']);
  }
  return 'nothing was refused';
};

for (const definition of opcodeCatalogue.values()) {
  describe(definition.id, () => {
    const plain = readOpcode(required(definition)).params;

    test('null is absent, for every optional parameter and for all at once', () => {
      const takesNull = (value: unknown) => value === undefined || value === null;
      const allNull = { ...required(definition), ...Object.fromEntries(optional(definition).map((name) => [name, null])) };
      const { params } = readOpcode(allNull);
      for (const name of optional(definition)) assert.ok(takesNull(params[name]), name);
      assert.deepEqual({ ...plain, ...params }, params);
      for (const name of optional(definition))
        assert.ok(takesNull(readOpcode({ ...required(definition), [name]: null }).params[name]), name);
    });

    test('a misspelt parameter is refused by its name, null or not', () => {
      for (const value of [1, null]) assert.equal(refusal({ ...required(definition), zork: value }), 'zork');
    });

    test('a misspelt member of any parameter that is an object is refused', () => {
      for (const [path, value] of wrongMembers(definition)) {
        assert.match(refusal({ ...required(definition), ...value }), /zork$/, path);
      }
    });

    test("what Ganeti has and we do not may be null or Ganeti's default, and nothing else", () => {
      const own = new Set(Object.keys(definition.params.properties));
      for (const [name, value] of Object.entries(definition.ganeti?.defaults ?? {})) {
        if (own.has(name)) continue;
        for (const empty of [null, value]) assert.deepEqual(readOpcode({ ...required(definition), [name]: empty }).params, plain, name);
        assert.equal(refusal({ ...required(definition), [name]: 'zork' }), name);
      }
    });

    test("Ganeti's defaults of our own parameters are values that we take", () => {
      for (const [name, value] of Object.entries(definition.ganeti?.defaults ?? {})) readOpcode({ ...required(definition), [name]: value });
    });

    test('the parameters of the opcode itself are strict', () => {
      for (const [name, shape] of Object.entries({ ...definition.ownFields, ...commonOpcodeFields } as Record<string, Shape>)) {
        if (shape.type === 'boolean') assert.equal(refusal({ ...required(definition), [name]: 'true' }), name);
      }
    });
  });
}

/** For each parameter that is an object of known members, or a list of such: the parameter with one member that is not known. */
function wrongMembers({ params }: OpcodeDefinition): [string, Record<string, unknown>][] {
  return Object.entries(params.properties as Record<string, Shape>).flatMap(([name, shape]) =>
    spoilt(shape).map((value): [string, Record<string, unknown>] => [`${name} ${JSON.stringify(value)}`, { [name]: value }]),
  );
}

function spoilt(shape: Shape): unknown[] {
  if (shape.anyOf) return shape.anyOf.flatMap(spoilt);
  if (shape.type === 'array' && shape.items) return spoilt(shape.items).map((one) => [one]);
  if (shape.type !== 'object' || !shape.properties) return [];
  const whole = sample(shape) as Record<string, unknown>;
  const deeper = Object.entries(shape.properties).flatMap(([name, member]) => spoilt(member).map((value) => ({ ...whole, [name]: value })));
  return [{ ...whole, zork: 1 }, ...deeper];
}

describe('forms of values', () => {
  const create = (more: object) => readOpcode({ OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', ...more }).params;

  for (const [family, schema] of Object.entries({ beparams: Beparams, hvparams: KvmHvparams, ndparams: Ndparams })) {
    for (const [name, { type, enum: values, pattern }] of Object.entries(schema.properties as Record<string, Shape>)) {
      if (values || pattern) continue;
      test(`${family}.${name} may be text`, () => {
        const read = (value: unknown) => normaliseParams(schema, { [name]: value })[name];
        if (type === 'integer') assert.deepEqual([read('512'), read(' 7 '), read('x'), read('1.5x')], [512, 7, 'x', '1.5x']);
        if (type === 'number') assert.deepEqual([read('1.5'), read('2'), read('1.')], [1.5, 2, '1.']);
        if (type === 'boolean')
          assert.deepEqual(['True', 'true', 1, 'FALSE', '', 0, 'maybe', 2].map(read), [true, true, true, false, false, false, 'maybe', 2]);
        if (type === 'string') assert.deepEqual([read(false), read('text'), read(3)], ['', 'text', 3]);
        assert.equal(name in normaliseParams(schema, { [name]: null }), false, 'null');
      });
    }
  }

  test('sizes have suffixes: memory, disks, policies', () => {
    assert.deepEqual(create({ beparams: { minmem: '512m', maxmem: '1.5G', vcpus: '2' } })['beparams'], {
      minmem: 512,
      maxmem: 1536,
      vcpus: 2,
    });
    assert.deepEqual(create({ disks: [{ size: '10g' }, { size: '64' }] })['disks'], [{ size: 10240 }, { size: 64 }]);
    const { ipolicy } = readOpcode({ OP_ID: 'OP_GROUP_SET_PARAMS', group_name: 'g', ipolicy: { std: fullSpec('1G') } }).params;
    assert.deepEqual(ipolicy, { std: fullSpec(1024) });
  });

  test('a size that is none is refused with its field', () => {
    assert.equal(refusal({ OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', disks: [{ size: '10x' }] }), 'disks.0.size');
    assert.equal(refusal({ OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', beparams: { vcpus: 'two' } }), 'beparams.vcpus');
  });

  test("Ganeti's older memory stands for both limits; mem is nobody's", () => {
    assert.deepEqual(create({ beparams: { memory: '1G' } })['beparams'], { minmem: 1024, maxmem: 1024 });
    assert.deepEqual(create({ beparams: { memory: 512, minmem: 256 } })['beparams'], { minmem: 256, maxmem: 512 });
    assert.equal(refusal({ OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', beparams: { mem: 512 } }), 'beparams.mem');
  });

  test('MAC addresses and prefixes may be capitals; auto stays', () => {
    assert.deepEqual(create({ nics: [{ mac: 'AA:BB:CC:00:11:2F' }, { mac: 'auto' }] })['nics'], [
      { mac: 'aa:bb:cc:00:11:2f' },
      { mac: 'auto' },
    ]);
    const network = { OP_ID: 'OP_NETWORK_ADD', network_name: 'lan', network: '10.0.0.0/24', mac_prefix: 'AA:01:0F' };
    assert.equal(readOpcode(network).params['mac_prefix'], 'aa:01:0f');
    assert.equal(readOpcode({ OP_ID: 'OP_CLUSTER_SET_PARAMS', mac_prefix: 'AA:01:0F' }).params['mac_prefix'], 'aa:01:0f');
  });

  test('null in a disk, a NIC or a family is absent', () => {
    const { disks, nics, hvparams } = create({
      disks: [{ size: 1, mode: null }],
      nics: [{ mac: null, link: null }],
      hvparams: { acpi: null },
    });
    assert.deepEqual([disks, nics, hvparams], [[{ size: 1 }], [{}], {}]);
  });

  test('parameters of hypervisors and disk templates are known by name', () => {
    const cluster = (more: object) => ({ OP_ID: 'OP_CLUSTER_SET_PARAMS', ...more });
    assert.deepEqual(readOpcode(cluster({ hvparams: { kvm: { acpi: 'false', serial_speed: '9600' } } })).params['hvparams'], {
      kvm: { acpi: false, serial_speed: 9600 },
    });
    assert.equal(refusal(cluster({ hvparams: { kvn: {} } })), 'hvparams.kvn');
    assert.equal(refusal(cluster({ os_hvp: { tiny: { kvm: { acpy: true } } } })), 'os_hvp.tiny.kvm.acpy');
    assert.deepEqual(readOpcode(cluster({ diskparams: { rbd: { pool: 'ssd' }, plain: { stripes: '2' } } })).params['diskparams'], {
      rbd: { pool: 'ssd' },
      plain: { stripes: 2 },
    });
    assert.equal(refusal(cluster({ diskparams: { rbd: { poll: 'ssd' } } })), 'diskparams.rbd.poll');
    assert.deepEqual(readOpcode(cluster({ diskparams: { drbd: { 'dynamic-resync': true } } })).params['diskparams'], {
      drbd: { 'dynamic-resync': true },
    });
    assert.equal(refusal(cluster({ diskparams: { drbd: { 'dynamic-resync': 'perhaps' } } })), 'diskparams.drbd.dynamic-resync');
    assert.equal(refusal(cluster({ ipolicy: { foo: 1.5 } })), 'ipolicy.foo');
    assert.equal(refusal({ OP_ID: 'OP_GROUP_SET_PARAMS', group_name: 'g', ipolicy: [] }), 'ipolicy');
  });
});

function fullSpec(size: unknown) {
  return { 'memory-size': size, 'disk-size': size, 'disk-count': 1, 'cpu-count': 1, 'nic-count': 1, 'spindle-use': 1 };
}

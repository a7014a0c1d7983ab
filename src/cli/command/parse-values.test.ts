import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDisks, parseKeyValues, parseNics, parseScalar, type ValueSchema } from './parse-values.ts';

const beparams: ValueSchema = {
  type: 'object',
  properties: {
    maxmem: { type: 'integer', description: 'Memory the instance starts with, MiB' },
    vcpus: { type: 'integer', description: 'Virtual processors' },
    auto_balance: { type: 'boolean' },
  },
};
const disks: ValueSchema = { type: 'array', items: { type: 'object', properties: { size: { type: 'integer' } } } };
const nics: ValueSchema = { anyOf: [{ type: 'null' }, { type: 'array', items: { type: 'object', properties: {} } }] };

test('each value of a key is read as its schema says', () => {
  assert.deepEqual(parseKeyValues('maxmem=2G,vcpus=2,auto_balance=no', beparams, 'beparams'), {
    maxmem: 2048,
    vcpus: 2,
    auto_balance: false,
  });
});

test('bare keys are yes, no_ before them is no, a comma is written with a backslash', () => {
  assert.deepEqual(parseKeyValues('auto_balance', beparams, 'beparams'), { auto_balance: true });
  assert.deepEqual(parseKeyValues('no_auto_balance', beparams, 'beparams'), { auto_balance: false });
  assert.deepEqual(parseKeyValues('kernel_args=a\\,b,acpi=true,n=12,v=1.2', {}, 'hvparams'), {
    kernel_args: 'a,b',
    acpi: true,
    n: 12,
    v: '1.2',
  });
});

test('values that do not fit name the field', () => {
  assert.throws(() => parseKeyValues('vcpus=two', beparams, 'beparams'), {
    code: 'INPUT_INVALID',
    message: /"beparams.vcpus".*"two" is not a number/,
  });
  assert.throws(() => parseKeyValues('auto_balance=perhaps', beparams, 'beparams'), { message: /"perhaps" is neither/ });
  assert.throws(() => parseKeyValues('maxmem=2X', beparams, 'beparams'), { message: /"beparams.maxmem".*not a size/ });
  assert.throws(() => parseKeyValues('=1', beparams, 'beparams'), { message: /not of the form key=value/ });
  assert.throws(() => parseScalar('', { type: 'integer' }, 'timeout'), { message: /is not a number/ });
});

test('disks are a size, or keys, with or without their number', () => {
  assert.deepEqual(parseDisks(['64M'], disks, 'disks'), [{ size: 64 }]);
  assert.deepEqual(parseDisks(['1:size=2G,mode=ro', '0:size=10'], disks, 'disks'), [{ size: 10 }, { size: 2048, mode: 'ro' }]);
  assert.deepEqual(parseDisks(['1G', '2G'], disks, 'disks'), [{ size: 1024 }, { size: 2048 }]);
  assert.deepEqual(parseDisks(['512'], disks, 'disks'), [{ size: 512 }]);
});

test('disks with gaps, doubles, or without a size are refused', () => {
  assert.throws(() => parseDisks(['1:size=1G'], disks, 'disks'), { message: /number 0 is missing/ });
  assert.throws(() => parseDisks(['0:size=1G', '0:size=2G'], disks, 'disks'), { message: /number 0 is given twice/ });
  assert.throws(() => parseDisks(['mode=ro'], disks, 'disks'), { message: /"disks.0.size".*is missing/ });
  assert.throws(() => parseDisks(['99:size=1G'], disks, 'disks'), { message: /too high/ });
  assert.throws(() => parseDisks(['big'], disks, 'disks'), { message: /not a size/ });
});

test('NICs: keys with a number, a bare number for the defaults, none for no address', () => {
  assert.deepEqual(parseNics(['0:ip=10.0.0.5,link=br0', '1'], nics, 'nics'), [{ ip: '10.0.0.5', link: 'br0' }, {}]);
  assert.deepEqual(parseNics(['ip=pool,network=lan', '1:ip=none'], nics, 'nics'), [{ ip: 'pool', network: 'lan' }, { ip: null }]);
});

test('any text is either read or refused with the code for wrong input', () => {
  const readOrRefused = (read: () => unknown) => {
    try {
      read();
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'INPUT_INVALID');
    }
  };
  fc.assert(
    fc.property(fc.string(), (text) => {
      readOrRefused(() => parseKeyValues(text, beparams, 'beparams'));
      readOrRefused(() => parseDisks([text], disks, 'disks'));
      readOrRefused(() => parseNics([text], nics, 'nics'));
    }),
    { seed: 7, numRuns: 300 },
  );
});

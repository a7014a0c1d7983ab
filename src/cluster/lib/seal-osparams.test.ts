import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSealed, redactSealed } from '../../model/index.ts';
import type { SecretParameters } from '../../rpc/index.ts';
import { createSecretBox } from '../../store/index.ts';
import { filledOsparams, openOsparams } from './osparams.ts';
import { sealOsparams, settleClusterOsparams, settleOsparams } from './seal-osparams.ts';

const box = createSecretBox();
const known: SecretParameters = { password: 'secret', data: 'private' };
const seal = (op: Record<string, unknown>, declared: SecretParameters | undefined = known) =>
  sealOsparams(box, () => declared, { OP_ID: 'OP_INSTANCE_CREATE', os_type: 'x', ...op });
const create = { osparams: { password: 'p', data: 'd', size: '1' }, osparams_private: { note: 'n' }, osparams_secret: { once: 'o' } };

test('declared parameters go where the OS wants them, and what is secret is encrypted', () => {
  const op = seal(create) as unknown as typeof create;
  assert.deepEqual(op.osparams, { size: '1' });
  assert.deepEqual(Object.keys(op.osparams_private).sort(), ['data', 'note']);
  assert.deepEqual(Object.keys(op.osparams_secret).sort(), ['once', 'password']);
  assert.ok([...Object.values(op.osparams_private), ...Object.values(op.osparams_secret)].every(isSealed));
});

test('of an OS that no node has told of everything is encrypted, until one tells', () => {
  const op = sealOsparams(box, () => undefined, { OP_ID: 'OP_INSTANCE_CREATE', os_type: 'x', ...create });
  const hidden = redactSealed(op) as unknown as typeof create;
  assert.deepEqual(hidden.osparams, { password: '<redacted>', data: '<redacted>', size: '<redacted>' });
  const settled = settleOsparams(box, known, op as unknown as typeof create);
  assert.deepEqual(settled.osparams, { size: '1' });
  assert.deepEqual(Object.keys(settled.osparams_private).sort(), ['data', 'note']);
  assert.deepEqual(Object.keys(settled.osparams_secret).sort(), ['once', 'password']);
  assert.ok(isSealed(settleOsparams(box, undefined, op as unknown as typeof create).osparams['password']));
});

test('an opcode without parameters of an OS stays the same object, and none becomes empty ones', () => {
  const op = { OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'a' };
  assert.equal(
    sealOsparams(box, () => known, op),
    op,
  );
  assert.deepEqual(Object.keys(seal({ osparams: { size: '1' } })), ['OP_ID', 'os_type', 'osparams']);
});

test('a parameter is of one kind only, and holds no zero byte', () => {
  const code = 'INPUT_INVALID';
  assert.throws(() => seal({ osparams: { a: '1' }, osparams_private: { a: '2' } }), { code, message: /osparams_private\.a/ });
  assert.throws(() => seal({ osparams_private: { a: '1' }, osparams_secret: { a: '2' } }), { code, message: /osparams_secret\.a/ });
  assert.throws(
    () => seal({ osparams: { a: 'x\0hunter2' } }),
    (error: Error) => !error.message.includes('hunter2') && /zero byte/.test(error.message),
  );
});

test('defaults of the cluster are kept apart by OS; a declared secret among them is kept, encrypted', () => {
  const op = sealOsparams(box, (os) => (os === 'x' ? known : {}), {
    OP_ID: 'OP_CLUSTER_SET_PARAMS',
    osparams: { x: { password: 'p', size: '1' }, y: { password: 'seen' } },
    osparams_private_cluster: { y: { note: 'n' } },
  }) as unknown as Record<'osparams' | 'osparams_private_cluster', Record<string, Record<string, string>>>;
  assert.deepEqual(op.osparams, { x: { size: '1' }, y: { password: 'seen' } });
  assert.equal(box.open(op.osparams_private_cluster['x']?.['password'] ?? ''), 'p');
  assert.equal(box.open(op.osparams_private_cluster['y']?.['note'] ?? ''), 'n');
});

test('defaults of an OS that is known by now are settled', () => {
  const op = { OP_ID: 'OP_CLUSTER_SET_PARAMS', osparams: { x: { password: 'p', size: '1' }, y: { a: '1' } } };
  const sealed = sealOsparams(box, () => undefined, op) as unknown as typeof op;
  const settled = settleClusterOsparams(box, (os) => (os === 'x' ? known : undefined), sealed) as typeof op &
    Record<string, Record<string, object>>;
  assert.deepEqual(redactSealed(settled), {
    OP_ID: 'OP_CLUSTER_SET_PARAMS',
    osparams: { x: { size: '1' }, y: { a: '<redacted>' } },
    osparams_private_cluster: { x: { password: '<redacted>' } },
  });
});

test('what is nearer to the job wins, and on the way to a node the secret ones are apart', () => {
  const cluster = {
    osparams: { x: { a: 'cluster', b: 'cluster' } },
    osparams_private_cluster: { x: { b: box.seal('hidden'), c: box.seal('hidden') } },
  };
  const instance = { os: 'x+variant', osparams: { c: 'instance' }, osparams_private: { d: box.seal('own') } };
  const filled = filledOsparams(cluster as never, instance, { a: box.seal('once') });
  assert.deepEqual(openOsparams(box, filled), { osparams: { c: 'instance' }, secret_osparams: { a: 'once', b: 'hidden', d: 'own' } });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSealed, redactSealed } from '../../../model/index.ts';
import type { SecretParameters } from '../../../rpc/index.ts';
import { createSecretBox } from '../../../store/index.ts';
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

test('the word that resets a default of the cluster is no value: it stays as it is, for every kind', () => {
  const given = {
    OP_ID: 'OP_CLUSTER_SET_PARAMS',
    osparams: { x: { password: 'default', size: 'default', note: '1' } },
    osparams_private_cluster: { x: { own: 'default' } },
  };
  const hidden = { password: 'default', size: 'default', own: 'default' };
  for (const atFirst of [known, undefined]) {
    const sealed = sealOsparams(box, () => atFirst, given) as typeof given;
    const { osparams, osparams_private_cluster } = settleClusterOsparams(box, () => known, sealed);
    assert.deepEqual([osparams, osparams_private_cluster], [{ x: { password: 'default', size: 'default', note: '1' } }, { x: hidden }]);
  }
  assert.equal(
    box.open((seal({ osparams: { password: 'default' } }) as unknown as typeof create).osparams_secret['password' as 'once']),
    'default',
  );
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

/** The same with every encrypted value opened, as `sealed: …`. */
const shown = (value: unknown): unknown => {
  if (typeof value === 'string') return isSealed(value) ? `sealed: ${box.open(value)}` : value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shown(member)]));
};

test('each kind of parameter may come alone, and is asked about by its OS', () => {
  const asked: string[] = [];
  const of = (op: Record<string, unknown>, declared: SecretParameters | undefined = known) => {
    const sealed = sealOsparams(box, (os) => (asked.push(os), declared), { OP_ID: 'OP_INSTANCE_CREATE', ...op });
    const { OP_ID: _, ...rest } = shown(sealed) as Record<string, unknown>;
    return rest;
  };
  assert.deepEqual(of({ osparams_private: { a: '1' } }), { osparams_private: { a: 'sealed: 1' } });
  assert.deepEqual(of({ osparams_secret: { a: '1' } }), { osparams_secret: { a: 'sealed: 1' } });
  assert.deepEqual(of({ osparams: {} }), { osparams: {} });
  assert.deepEqual(of({ osparams: { password: 'p' } }), { osparams: {}, osparams_secret: { password: 'sealed: p' } });
  assert.deepEqual(asked.splice(0), ['', '', '', '']);
  assert.deepEqual(of({ os_type: 'x', osparams: { a: '1' } }), { os_type: 'x', osparams: { a: '1' } });
  assert.deepEqual(asked, ['x']);
  assert.deepEqual(
    sealOsparams(box, () => undefined, { OP_ID: 'OP_INSTANCE_CREATE', osparams_private: {} }),
    { OP_ID: 'OP_INSTANCE_CREATE', osparams_private: {} },
  );
  assert.deepEqual(of({ osparams: { constructor: '1', toString: '2' } }), { osparams: { constructor: '1', toString: '2' } });
});

test('defaults of the cluster may be of either kind alone; other opcodes keep theirs', () => {
  const of = (op: Record<string, unknown>, OP_ID = 'OP_CLUSTER_SET_PARAMS') => {
    const { OP_ID: _, ...rest } = shown(sealOsparams(box, (os) => (os === 'x' ? known : undefined), { OP_ID, ...op })) as Record<
      string,
      unknown
    >;
    return rest;
  };
  assert.deepEqual(of({ osparams_private_cluster: { x: { a: '1' }, y: {} } }), { osparams_private_cluster: { x: { a: 'sealed: 1' } } });
  assert.deepEqual(of({ osparams: { x: { a: '1' } } }), { osparams: { x: { a: '1' } } });
  assert.deepEqual(of({ osparams: { x: { data: '1' } } }), { osparams: { x: {} }, osparams_private_cluster: { x: { data: 'sealed: 1' } } });
  assert.deepEqual(of({ osparams: { new: { a: '1' } } }), { osparams: { new: { a: 'sealed: 1' } } }, 'nobody knows that OS yet');
  assert.deepEqual(of({ max_running_jobs: 5 }), { max_running_jobs: 5 });
  assert.throws(() => of({ osparams: { x: { a: '1' } }, osparams_private_cluster: { x: { a: '2' } } }), { code: 'INPUT_INVALID' });
  assert.throws(() => of({ osparams_private_cluster: { x: { a: 'x\0' } } }), { code: 'INPUT_INVALID' });
});

test('what is settled is opened where it may be seen, and nothing is lost on the way', () => {
  const given = { osparams: { a: box.seal('1'), password: box.seal('p') }, osparams_private: { kept: box.seal('k') } };
  assert.deepEqual(shown(settleOsparams(box, known, given)), {
    osparams: { a: '1' },
    osparams_private: { kept: 'sealed: k' },
    osparams_secret: { password: 'sealed: p' },
  });
  assert.deepEqual(settleOsparams(box, undefined, given), { ...given, osparams_secret: {} });
  assert.deepEqual(settleOsparams(box, known, {}), { osparams: {}, osparams_private: {}, osparams_secret: {} });
  const none = { osparams_private_cluster: { x: { a: 'b' } } };
  assert.equal(
    settleClusterOsparams(box, () => known, none),
    none,
  );
  const both = {
    osparams: { x: { a: box.seal('1') }, y: { b: '2' } },
    osparams_private_cluster: { x: { kept: box.seal('k') }, z: { c: box.seal('3') } },
  };
  assert.deepEqual(shown(settleClusterOsparams(box, (os) => (os === 'x' ? known : {}), both)), {
    osparams: { x: { a: '1' }, y: { b: '2' } },
    osparams_private_cluster: { x: { kept: 'sealed: k' }, z: { c: 'sealed: 3' } },
  });
  assert.deepEqual(
    settleClusterOsparams(box, () => ({}), { osparams: { y: { b: '2' } } }),
    { osparams: { y: { b: '2' } } },
  );
});

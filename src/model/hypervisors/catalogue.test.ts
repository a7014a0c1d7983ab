import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normaliseParams } from '../normalise.ts';
import { validate } from '../validate.ts';
import { builtHypervisors, hypervisorRow, hypervisors, isCapable, requireCapability, usableHypervisors } from './catalogue.ts';
import type { Capability } from './hypervisor-row.ts';

test('defaults of every hypervisor are complete and fit its schema', () => {
  for (const name of hypervisors) {
    const { schema, defaults } = hypervisorRow(name);
    assert.deepEqual(validate(schema, defaults, name), defaults);
    assert.deepEqual(Object.keys(defaults).sort(), Object.keys(schema.properties).sort(), name);
    assert.deepEqual(normaliseParams(schema, { ...defaults }), defaults);
  }
});

test('simulated hypervisors are built, and nobody is advised to use them', () => {
  assert.ok(usableHypervisors.includes('kvm') && !usableHypervisors.includes('fake') && !usableHypervisors.includes('lxc'));
  assert.ok(builtHypervisors.includes('kvm') && builtHypervisors.includes('fake') && !builtHypervisors.includes('lxc'));
});

const able = (capability: Capability) => usableHypervisors.filter((name) => isCapable(name, capability)).join(', ');

test('what a hypervisor cannot do is refused, with those that can', () => {
  assert.equal(isCapable('kvm', 'migration'), true);
  requireCapability('kvm', 'migration');
  assert.throws(() => requireCapability('lxc', 'migration'), {
    code: 'HYPERVISOR_INCAPABLE',
    message: 'The hypervisor lxc cannot migrate a running instance.',
    facts: { hypervisor: 'lxc', ability: 'migrate a running instance', able: able('migration') },
  });
});

test('parameters are refused that the schema allows and the hypervisor does not', () => {
  assert.throws(() => hypervisorRow('kvm').check?.({ vnc_bind_address: '10.0.0.1' }), { code: 'VNC_ADDRESS_REFUSED' });
  hypervisorRow('kvm').check?.({ vnc_bind_address: '' });
  hypervisorRow('kvm').check?.({});
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtHypervisors } from '../hypervisors/catalogue.ts';
import { requireBuilt } from './require-built.ts';

describe('what a cluster may enable', () => {
  it('is what node agents of this build can do', () => {
    requireBuilt({});
    requireBuilt({ enabled_hypervisors: ['kvm', 'fake'], enabled_disk_templates: ['file', 'sharedfile', 'diskless'] });
  });

  it('is nothing that no node could run, wherever it stands in the list', () => {
    const refusal = (field: string, name: string) => ({
      code: 'INPUT_INVALID',
      message: new RegExp(`${field}.*"${name}" is not supported`),
    });
    for (const name of ['lxc', 'docker'] as const) {
      assert.throws(() => requireBuilt({ enabled_hypervisors: ['kvm', name] }), refusal('enabled_hypervisors', name));
    }
    for (const name of ['drbd', 'plain', 'rbd'] as const) {
      assert.throws(() => requireBuilt({ enabled_disk_templates: ['file', name] }), refusal('enabled_disk_templates', name));
    }
    assert.throws(() => requireBuilt({ enabled_hypervisors: ['lxc', 'docker'] }), {
      facts: {
        subject: 'cluster',
        field: 'enabled_hypervisors',
        problem: `"lxc" is not supported by this version, only ${builtHypervisors.join(', ')}`,
      },
    });
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../../base/index.ts';
import { plainConfig } from '../testing/plain-config.ts';
import { wantedInstance } from './new-instance.ts';

test('what is not enabled is refused with what this version supports, which alone can be enabled', () => {
  const config = plainConfig({ nodes: [], instances: [] });
  const adviceFor = (extra: object): string => {
    try {
      wantedInstance(config, { instance_name: 'web1', mode: 'create', os_type: 'tiny', ...extra } as never);
    } catch (error) {
      return GantryError.from(error).toReport().todo;
    }
    throw new assert.AssertionError({ message: 'was accepted' });
  };
  assert.match(adviceFor({ hypervisor: 'lxc' }), /This version supports kvm; /);
  assert.match(adviceFor({ disk_template: 'plain' }), /This version supports diskless, file, sharedfile; /);
});

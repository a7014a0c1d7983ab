import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../../../base/index.ts';
import { lacksAdapter } from './lacks-adapter.ts';

test('what a node without the hypervisor says is told from other failures, also where its agent is older', () => {
  const problem = 'this node has no adapter for it';
  assert.ok(lacksAdapter(new GantryError('HYPERVISOR_UNSUPPORTED', { hypervisor: 'lxc', problem })));
  assert.ok(lacksAdapter(new GantryError('HYPERVISOR_MISSING', { program: 'lxc', problem })));
  for (const other of [new GantryError('NODE_OFFLINE', { name: 'n' }), new Error(problem), undefined]) assert.ok(!lacksAdapter(other));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainConfig } from '../../testing/plain-config.ts';
import { requireAdapter } from './require-adapter.ts';

test('a node that has nothing for the hypervisor of an instance is refused by name, where it has reported', () => {
  const config = plainConfig({ nodes: [], instances: [] });
  const ask = (report: object | undefined) => () =>
    requireAdapter(config, { node: () => report as never }, { primary_node: 'n1', hypervisor: 'lxc' });
  const info = { hypervisors: { kvm: {}, fake: {} } };
  assert.throws(ask({ stale: false, info }), {
    code: 'HYPERVISOR_UNSUPPORTED',
    message: 'The hypervisor lxc cannot be used: node n1 has no adapter for it, only for kvm, fake',
  });
  for (const report of [undefined, { stale: true, info }, { stale: false, info: { hypervisors: { lxc: {} } } }]) ask(report)();
});

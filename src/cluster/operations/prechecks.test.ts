import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainConfig, plainInstance, plainLive, plainNode } from '../testing/plain-config.ts';
import { instanceFailover } from './instance-failover.ts';
import { instanceReboot } from './instance-reboot.ts';
import { instanceRemove } from './instance-remove.ts';
import { instanceShutdown } from './instance-shutdown.ts';

// A forced job that comes to nothing leaves the patient one before it alone.

const parts = { live: plainLive() } as never;
const operations = { instanceFailover, instanceReboot, instanceRemove, instanceShutdown };

test('jobs that overtake are refused by the configuration before they do', () => {
  for (const [name, make] of Object.entries(operations)) {
    const { precheck } = make(parts);
    const check = (more: object = {}, node: object = {}) => {
      const instances = [plainInstance(0, 0, 1024, { disk_template: 'sharedfile' })];
      precheck?.(plainConfig({ nodes: [plainNode(0, node), plainNode(1)], instances }), { instance_name: 'instance0', ...more });
    };
    assert.ok(precheck, name);
    check();
    assert.throws(() => check({ instance_name: 'nobody' }), { code: 'OBJECT_UNKNOWN' }, name);
    assert.throws(() => check({}, { offline: true }), { code: 'NODE_OFFLINE' }, name);
    assert.throws(() => check({}, { certificate_fingerprint: '', offline: true }), { code: 'NODE_NOT_JOINED' }, name);
  }
});

test('a failover is refused with a target that cannot be', () => {
  const { precheck } = instanceFailover(parts);
  const check = (target_node: string, template: 'file' | 'sharedfile' = 'sharedfile') =>
    precheck?.(
      plainConfig({
        nodes: [plainNode(0), plainNode(1, { drained: true })],
        instances: [plainInstance(0, 0, 1024, { disk_template: template })],
      }),
      { instance_name: 'instance0', target_node },
    );
  assert.throws(() => check('node0'), { code: 'INSTANCE_ALREADY_THERE' });
  assert.throws(() => check('node1'), { code: 'NODE_DRAINED' });
  assert.throws(() => check('node9'), { code: 'OBJECT_UNKNOWN' });
  assert.throws(() => check('node1', 'file'), { code: 'INSTANCE_NOT_MOVABLE' });
});

test('what is not needed of a node is not asked for', () => {
  const config = plainConfig({ nodes: [plainNode(0, { offline: true })], instances: [plainInstance(0, 0, 1024)] });
  instanceShutdown(parts).precheck?.(config, { instance_name: 'instance0', ignore_offline_nodes: true });
  instanceRemove(parts).precheck?.(config, { instance_name: 'instance0', ignore_failures: true });
});

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { GantryError } from '../../src/base/index.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';

let master: SimulatedMaster;
afterEach(() => master.close());

test('an instance whose node has lost its hypervisor is removed where failures are ignored, and noted for later', async () => {
  master = await startSimulatedMaster(1);
  const web = { instance_name: 'web1', disk_template: 'sharedfile', disks: [{ size: 64 }], os_type: 'tiny', nics: [], start: false };
  await master.run({ OP_ID: 'OP_INSTANCE_CREATE', ...web });
  const error = new GantryError('HYPERVISOR_UNSUPPORTED', { hypervisor: 'kvm', problem: 'this node has no adapter for it, only for none' });
  for (const nth of [1, 2]) master.simulation.addFault({ method: 'instance-stop', nth, error });
  const remove = { OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web1' };
  await assert.rejects(master.run(remove), { code: 'HYPERVISOR_UNSUPPORTED' });
  const instances = () => [...master.leading.services.config.current.instances.values()].map(({ name }) => name);
  assert.deepEqual(instances(), ['web1']);
  await master.run({ ...remove, ignore_failures: true });
  assert.deepEqual(instances(), []);
});

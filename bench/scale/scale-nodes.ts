import { GantryError, silentLog } from '../../src/base/index.ts';
import type { Instance } from '../../src/model/index.ts';
import { createSimulation, type Simulation } from '../../src/node/index.ts';
import { type Credentials, type InstanceSpec, RpcServer } from '../../src/rpc/index.ts';
import { type ScaleSize, scaleInstances, scaleNodeUuids } from './scale-cluster.ts';

/** What the process of the nodes is told first; it answers with the ports. */
export interface ScaleNodesOrder {
  readonly size: ScaleSize;
  readonly credentials: Credentials;
}

/**
 * The nodes of the benchmark of size: the handlers of real agents over fake machines and disks, each behind a port of
 * its own with mutual TLS. A process of its own, for the master's event loop is what is measured.
 */
async function serveNodes({ size, credentials }: ScaleNodesOrder): Promise<number[]> {
  const uuids = scaleNodeUuids(size);
  const simulation = await createSimulation({ nodes: uuids, seed: 1, hypervisor: 'kvm', term: 0 });
  for (const instance of scaleInstances(size)) await makeInstance(simulation, instance);
  const openConsole = () => Promise.reject(new GantryError('CONSOLE_MISSING', { instance: 'none', problem: 'a benchmark' }));
  const ports: number[] = [];
  for (const uuid of uuids) {
    const server = new RpcServer({ credentials, dispatcher: simulation.dispatcher(uuid), openConsole, log: silentLog });
    ports.push(await server.listen('127.0.0.1', 0));
  }
  return ports;
}

async function makeInstance(simulation: Simulation, instance: Instance): Promise<void> {
  const { uuid, name, primary_node, disks } = instance;
  for (const { name: _label, ...disk } of disks) {
    await simulation.call(primary_node, 'disk-create', { disk, instance: { uuid, name } }, { stepId: `disk of ${name}` });
  }
  const { hypervisor, os, disk_template } = instance;
  const small = { memory: 128, min_memory: 128, vcpus: 1, hvparams: {}, osparams: {}, nics: [], network_port: null };
  const spec: InstanceSpec = { uuid, name, hypervisor, os, disk_template, ...small, disks: disks.map(({ name: _label, ...disk }) => disk) };
  await simulation.call(primary_node, 'instance-start', { instance: spec }, { stepId: `start of ${name}` });
}

process.once('message', (order: ScaleNodesOrder) => {
  serveNodes(order).then(
    (ports) => process.send?.(ports),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));

import { type Clock, GantryError } from '../../base/index.ts';
import type { MigrationPort } from './capabilities.ts';
import { type FakeMachine, type FakeMachines, isAlive, newMachine } from './fake-machines.ts';
import type { InstanceRef } from './start-request.ts';

/** Joins fake nodes for migrations: who listens at which `address port`. */
export type FakeWire = Map<string, (source: FakeMachine) => void>;

const firstPort = 8102;
const mebibytesPerMillisecond = 1;
const longestDowntimeMs = 10;

/** The migration methods of a fake hypervisor over its machines. */
export function fakeMigration(machines: FakeMachines, wire: FakeWire, clock: Clock): MigrationPort {
  return {
    async accept(request, _sourceAddress, listenAddress) {
      const { spec } = request;
      const here = machines.get(spec.uuid);
      if (here && isAlive(here) && here.state !== 'migrating-in') throw failed(spec, `it is here already, and ${here.state}`);
      const listens = here?.listens ?? freeEnd(wire, listenAddress);
      const machine = { ...newMachine(request, 'migrating-in', clock.now()), listens };
      machines.put(spec.uuid, machine);
      wire.set(listens, (source) => {
        if (source.machine !== machine.machine) throw failed(spec, `machine type ${source.machine} does not fit ${machine.machine}`);
        machines.put(spec.uuid, { ...machine, state: 'running', listens: null, startedAt: source.startedAt });
        wire.delete(listens);
      });
      return { address: listenAddress, port: Number(listens.split(' ')[1]), machine: machine.machine };
    },
    async send(params) {
      const machine = machines.running(params);
      if (machine.sent) return machine.sent;
      const arrive = wire.get(`${params.address} ${params.port}`);
      if (!arrive) throw failed(params, `nobody listens at ${params.address}:${params.port}`);
      arrive(machine);
      const ram_mib = machine.request.spec.memory;
      const downtime_ms = Math.min(params.downtime, longestDowntimeMs);
      const sent = { downtime_ms, total_ms: downtime_ms + ram_mib / mebibytesPerMillisecond, ram_mib };
      machines.put(params.uuid, { ...machine, state: 'paused', sent });
      return sent;
    },
    async finish(instance, role, success) {
      const machine = machines.get(instance.uuid);
      if ((role === 'target') !== success) {
        if (machine?.listens) wire.delete(machine.listens);
        machines.remove(instance.uuid);
        return { changed: machine !== undefined };
      }
      if (!machine || !isAlive(machine)) throw failed(instance, `its machine on the ${role} has ended`);
      if (machine.state === 'migrating-in') throw failed(instance, 'the target did not get the whole state');
      const changed = machine.state !== 'running' || machine.sent !== null;
      if (changed) machines.put(instance.uuid, { ...machine, state: 'running', sent: null });
      return { changed };
    },
  };
}

function freeEnd(wire: FakeWire, address: string): string {
  let port = firstPort;
  while (wire.has(`${address} ${port}`)) port++;
  return `${address} ${port}`;
}

const failed = (instance: InstanceRef, problem: string) => new GantryError('HYPERVISOR_MIGRATION_FAILED', { name: instance.name, problem });

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Clock, GantryError } from '../../base/index.ts';
import type { InstanceRuntime, InstanceSpec, RpcResult } from '../../rpc/index.ts';
import type { InstanceRef, StartRequest } from './start-request.ts';

/** A machine that exists in memory alone. */
export interface FakeMachine {
  readonly request: StartRequest;
  readonly state: InstanceRuntime['state'];
  readonly machine: string;
  readonly startedAt: number;
  /** Why it stands still, as after a disk error; then its state is `paused`. */
  readonly problem?: string;
  /** `address port` where it waits for the state of another node. */
  readonly listens: string | null;
  /** What its migration away brought; it is kept until the migration is finished. */
  readonly sent: RpcResult<'migration-send'> | null;
}

/** The machines of one fake node. */
export interface FakeMachines {
  get(uuid: string): FakeMachine | undefined;
  /** @throws HYPERVISOR_NOT_RUNNING */
  running(instance: InstanceRef): FakeMachine;
  put(uuid: string, machine: FakeMachine): void;
  remove(uuid: string): void;
  list(hypervisor: InstanceSpec['hypervisor']): InstanceRuntime[];
}

const machineType = 'fake-1';

/** Over `machines`, and over `file` where given: it is read now and written with every change. */
export function createFakeMachines(machines: Map<string, FakeMachine>, clock: Clock, file?: string): FakeMachines {
  if (file) for (const [uuid, machine] of load(file)) machines.set(uuid, machine);
  const saved = () => {
    if (!file) return;
    writeFileSync(`${file}.new`, JSON.stringify([...machines]));
    renameSync(`${file}.new`, file);
  };
  return {
    get: (uuid) => machines.get(uuid),
    running(instance) {
      const machine = machines.get(instance.uuid);
      if (!machine || !isAlive(machine)) throw new GantryError('HYPERVISOR_NOT_RUNNING', { name: instance.name });
      return machine;
    },
    put(uuid, machine) {
      machines.set(uuid, machine);
      saved();
    },
    remove(uuid) {
      if (machines.delete(uuid)) saved();
    },
    list: (hypervisor) => [...machines].map(([uuid, machine]) => describe(uuid, hypervisor, machine, clock.now())),
  };
}

export const newMachine = (request: StartRequest, state: FakeMachine['state'], startedAt: number): FakeMachine => {
  const wanted = request.spec.hvparams['machine_version'];
  const machine = typeof wanted === 'string' && wanted !== '' ? wanted : machineType;
  return { request, state, machine, startedAt, listens: null, sent: null };
};

export const isAlive = (machine: FakeMachine): boolean => machine.state !== 'crashed' && machine.state !== 'shutdown';

function describe(uuid: string, hypervisor: InstanceSpec['hypervisor'], fake: FakeMachine, now: number): InstanceRuntime {
  const { name, memory, vcpus } = fake.request.spec;
  const cpu_seconds = isAlive(fake) ? (now - fake.startedAt) / 1000 : 0;
  const { state, machine, problem } = fake;
  return { uuid, name, hypervisor, state, memory, vcpus, cpu_seconds, pid: null, machine, ...(problem !== undefined && { problem }) };
}

function load(file: string): [string, FakeMachine][] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as [string, FakeMachine][];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

import { type Clock, GantryError, systemClock } from '../../base/index.ts';
import type { InstanceSpec } from '../../rpc/index.ts';
import { createFakeMachines, type FakeMachine, isAlive, newMachine } from './fake-machines.ts';
import { type FakeWire, fakeMigration } from './fake-migration.ts';
import type { BeforeFakeMethod, FakeMethod } from './fake-troubles.ts';
import type { Hypervisor } from './hypervisor.ts';
import type { InstanceRef } from './start-request.ts';

export interface FakeHypervisorOptions {
  /** The hypervisor that it plays; default `fake`. */
  readonly name?: InstanceSpec['hypervisor'];
  /** Machines by UUID; an adapter over the map of another one is that one after a restart of the agent. */
  readonly machines?: Map<string, FakeMachine>;
  /** Keeps the machines over a restart of the process; read at the start, written with every change. */
  readonly file?: string;
  /** The same for all nodes that migrate among each other. */
  readonly wire?: FakeWire;
  readonly clock?: Clock;
  /** Faults and delays; see `fakeTroubles`. */
  readonly before?: BeforeFakeMethod;
  /** Whether a guest stops when it is asked; default: every guest does. */
  readonly obeys?: (instance: InstanceRef) => boolean;
}

/** Machines that exist in memory alone, for simulated clusters of thousands of nodes. */
export function createFakeHypervisor(options: FakeHypervisorOptions = {}): Hypervisor {
  const { name = 'fake', clock = systemClock, before = () => 0, obeys = () => true } = options;
  const machines = createFakeMachines(options.machines ?? new Map(), clock, options.file);
  const migration = fakeMigration(machines, options.wire ?? new Map(), clock);

  /** A method with its troubles before it. */
  const after = async <T>(
    method: FakeMethod,
    instance: InstanceRef | null,
    work: () => T | Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> => {
    const delay = before(method, instance);
    if (delay > 0) await clock.sleep(delay, signal);
    return work();
  };

  /** Lets a machine go on that stands still. */
  const goOn = (instance: InstanceRef): { changed: boolean } => {
    const { problem: _, ...machine } = machines.running(instance);
    if (machine.state !== 'paused') return { changed: false };
    machines.put(instance.uuid, { ...machine, state: 'running' });
    return { changed: true };
  };

  return {
    name,
    probe: () => after('probe', null, () => ({ version: '1', accelerator: null, problem: null })),
    list: () => after('list', null, () => machines.list(name)),
    start(request, { signal }) {
      const { spec } = request;
      const work = () => {
        const machine = machines.get(spec.uuid);
        if (machine?.state === 'migrating-in') {
          const problem = 'this node is waiting for it to be migrated here';
          throw new GantryError('HYPERVISOR_START_FAILED', { name: spec.name, problem, log: 'nowhere' });
        }
        if (machine?.problem) return goOn(spec);
        if (machine && isAlive(machine)) return { changed: false };
        machines.put(spec.uuid, newMachine(request, 'running', clock.now()));
        return { changed: true };
      };
      return after('start', spec, work, signal);
    },
    stop(instance, timeoutSeconds, { signal }) {
      const work = async () => {
        const machine = machines.get(instance.uuid);
        const changed = machine !== undefined && isAlive(machine);
        const asked = changed && machine.state === 'running' && timeoutSeconds > 0;
        const graceful = asked && obeys(instance);
        if (asked && !graceful) await clock.sleep(timeoutSeconds * 1000, signal);
        machines.remove(instance.uuid);
        return { changed, graceful };
      };
      return after('stop', instance, work, signal);
    },
    reset: (instance) =>
      after('reset', instance, () => {
        machines.put(instance.uuid, { ...machines.running(instance), startedAt: clock.now() });
        return { changed: true };
      }),
    resume: (instance) => after('resume', instance, () => goOn(instance)),
    nicWish: () => ({ kind: 'tap', ownerUid: 0 }),
    consoles: {
      places: (instance) =>
        after('console', instance, () => {
          machines.running(instance);
          return { serial_socket: null, serial_log: null, vnc: null };
        }),
      open: {},
    },
    migration: {
      accept: (request, ...rest) => after('acceptMigration', request.spec, () => migration.accept(request, ...rest)),
      send: (params, context) => after('sendMigration', params, () => migration.send(params, context), context.signal),
      finish: (instance, ...rest) => after('finishMigration', instance, () => migration.finish(instance, ...rest)),
    },
    verify: () => after('verify', null, () => []),
  };
}

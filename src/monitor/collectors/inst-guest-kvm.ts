import type { Collector } from '../collector/collector.ts';
import { type MonitoredInstance, requireInstances } from '../collector/instance-source.ts';
import { askInTurn } from './ask-in-turn.ts';
import { connectGuest, type GuestConnection, type GuestFacts } from './connect-guest.ts';
import { guestStates } from './guest-states.ts';

interface Guest extends GuestFacts {
  readonly name: string;
}

/** A guest that could not be asked. */
interface SilentGuest {
  readonly name: string;
  /** Whether it took too long: it is there and hangs. */
  readonly hangs: boolean;
  readonly problem: string;
}

const interval = 10;

/** For all answers of one QEMU (ms), and for its greeting. */
const patience = 2000;

/** A QEMU that did not answer is left alone for a time that doubles up to this (ms), so that it does not hold up the others. */
const longestPause = 300_000;

/** So many QEMUs are asked at once. */
const atOnce = 16;

/** The connections that are kept, one each socket; one that was lost is opened again when it is next needed. */
function createConnections() {
  const opened = new Map<string, GuestConnection>();
  const opening = new Map<string, Promise<GuestConnection>>();
  const connect = async (socket: string, now: () => number): Promise<GuestConnection> => {
    try {
      const connection = await connectGuest(socket, { now, patience, pollingInterval: interval });
      opened.set(socket, connection);
      void connection.closed.then(() => opened.delete(socket));
      return connection;
    } finally {
      opening.delete(socket);
    }
  };
  return {
    opened: (socket: string) => opened.get(socket),
    open: (socket: string, now: () => number): Promise<GuestConnection> => {
      const known = opening.get(socket) ?? connect(socket, now);
      opening.set(socket, known);
      return known;
    },
    /** Closes those of instances that have gone; one that opens just now, the next time. */
    keepOnly: (sockets: ReadonlySet<string>) => {
      for (const [socket, { close }] of opened) if (!sockets.has(socket)) close();
    },
  };
}

/** Sockets of guests that did not answer, and how long each is left alone. */
const createPauses = () => new Map<string, SilentGuest & { readonly pause: number; readonly until: number }>();

const labels = ['instance'];
const diskLabels = ['instance', 'device'];
const memoryKinds = ['total', 'free', 'available', 'diskCaches'] as const;

export const instGuestKvm: Collector<(Guest | SilentGuest)[]> = {
  name: 'inst-guest-kvm',
  category: 'instance',
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'What QEMU reports about each guest over a permanent connection: its state, the memory that the guest itself sees, its disks.',
  interval,
  timeout: 8,
  largestReport: 8 * 1024 * 1024,
  metrics: [
    { name: 'gantry_guest_running', type: 'gauge', help: 'Whether the guest runs.', labels },
    {
      name: 'gantry_guest_accelerated',
      type: 'gauge',
      help: 'Whether KVM runs the guest’s code on the processor; 0: QEMU emulates it.',
      labels,
    },
    { name: 'gantry_guest_balloon_bytes', type: 'gauge', unit: 'bytes', help: 'Memory that the balloon leaves to the guest.', labels },
    { name: 'gantry_guest_memory_bytes', type: 'gauge', unit: 'bytes', help: 'Memory as the guest sees it.', labels: ['instance', 'kind'] },
    { name: 'gantry_guest_disk_read_bytes', type: 'counter', unit: 'bytes', help: 'Bytes the guest read.', labels: diskLabels },
    { name: 'gantry_guest_disk_written_bytes', type: 'counter', unit: 'bytes', help: 'Bytes the guest wrote.', labels: diskLabels },
    { name: 'gantry_guest_disk_reads', type: 'counter', help: 'Reads of the guest.', labels: diskLabels },
    { name: 'gantry_guest_disk_writes', type: 'counter', help: 'Writes of the guest.', labels: diskLabels },
    { name: 'gantry_guest_disk_failed', type: 'counter', help: 'Requests that failed.', labels: diskLabels },
  ],
  measure: (data, emit) => {
    for (const guest of data) {
      if ('problem' in guest) continue;
      emit('gantry_guest_running', guest.state === 'running' ? 1 : 0, guest.name);
      if (guest.accelerated !== null) emit('gantry_guest_accelerated', guest.accelerated ? 1 : 0, guest.name);
      if (guest.balloon !== null) emit('gantry_guest_balloon_bytes', guest.balloon, guest.name);
      for (const kind of memoryKinds) {
        const bytes = guest.memory[kind];
        if (bytes !== undefined) emit('gantry_guest_memory_bytes', bytes, guest.name, kind === 'diskCaches' ? 'cache' : kind);
      }
      for (const disk of guest.disks) {
        emit('gantry_guest_disk_read_bytes', disk.readBytes, guest.name, disk.device);
        emit('gantry_guest_disk_written_bytes', disk.writtenBytes, guest.name, disk.device);
        emit('gantry_guest_disk_reads', disk.reads, guest.name, disk.device);
        emit('gantry_guest_disk_writes', disk.writes, guest.name, disk.device);
        emit('gantry_guest_disk_failed', disk.failed, guest.name, disk.device);
      }
    }
  },
  start: ({ instances, now, kept }) => {
    // QEMU serves one connection at a time: a collector that has to begin anew takes over what its thread has open.
    const connections = kept(createConnections);
    const silent = kept(createPauses);
    const states = kept(guestStates);

    const ask = async ({ name }: MonitoredInstance, socket: string): Promise<Guest | SilentGuest> => {
      const before = silent.get(socket);
      if (before && now() < before.until) return { name, hangs: before.hangs, problem: before.problem };
      try {
        const facts = await (connections.opened(socket) ?? (await connections.open(socket, now))).ask();
        silent.delete(socket);
        return { name, ...facts };
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        const hangs = (error as { code?: string }).code === 'HYPERVISOR_QMP_TIMED_OUT';
        const pause = Math.min(longestPause, (before?.pause ?? interval * 500) * 2);
        silent.set(socket, { name, hangs, problem, pause, until: now() + pause });
        return { name, hangs, problem };
      }
    };

    return async ({ signal }) => {
      const waiting = requireInstances(instances).flatMap((instance) => {
        const { pid, qmpSocket } = instance;
        return pid === undefined || qmpSocket === undefined ? [] : [{ instance, qmpSocket }];
      });
      const sockets = new Set(waiting.map(({ qmpSocket }) => qmpSocket));
      connections.keepOnly(sockets);
      for (const socket of silent.keys()) if (!sockets.has(socket)) silent.delete(socket);
      const found = new Map<string, Guest | SilentGuest>();
      const begun = new Set<string>();
      await askInTurn(waiting, atOnce, signal, async ({ instance, qmpSocket }) => {
        begun.add(instance.name);
        found.set(instance.name, await ask(instance, qmpSocket));
      });
      const names = new Set(waiting.map(({ instance }) => instance.name));
      for (const name of states.keys()) if (!names.has(name)) states.delete(name);
      for (const [name, guest] of found) {
        if ('state' in guest) states.set(name, guest.state);
        else if (guest.hangs) states.set(name, 'silent');
        else states.delete(name);
      }
      const late = (name: string): SilentGuest => ({
        name,
        hangs: false,
        problem: begun.has(name) ? 'no answer in time' : 'not queried: other instances took all the time',
      });
      return waiting.map(({ instance: { name } }) => found.get(name) ?? late(name));
    };
  },
};

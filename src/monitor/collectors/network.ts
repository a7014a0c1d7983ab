import type { Collector } from '../collector/collector.ts';
import type { ProcFiles } from '../collector/proc-files.ts';
import { type InterfaceCounters, parseNetDev } from './parse-net-dev.ts';

type Interface = InterfaceCounters & {
  /** The kernel's word: `up`, `down`, `unknown`, …; absent of an instance's. */
  readonly state?: string;
  readonly mtu?: number;
  /** Bits per second; absent of interfaces that are down or have none. */
  readonly speed?: number;
  /** Whose device it is on this side. */
  readonly instance?: string;
};

function describe(files: ProcFiles, name: string): Pick<Interface, 'state' | 'mtu' | 'speed'> {
  const read = (file: string) => files.readIfThere(`/sys/class/net/${name}/${file}`)?.trim();
  const state = read('operstate');
  const mtu = read('mtu');
  const megabits = state === 'up' ? readSpeed(files, name) : 0;
  return { ...(state && { state }), ...(mtu && { mtu: Number(mtu) }), ...(megabits > 0 && { speed: megabits * 1e6 }) };
}

/** Megabits per second; 0 of an interface that has no speed. */
function readSpeed(files: ProcFiles, name: string): number {
  try {
    return Number(files.readIfThere(`/sys/class/net/${name}/speed`) ?? 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return 0;
    throw error;
  }
}

const labels = ['interface'];

export const network: Collector<Interface[]> = {
  name: 'network',
  category: 'node',
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'Counters, state and speed of every network interface; those of instances are named as such.',
  interval: 5,
  timeout: 2,
  longestInterval: 15,
  metrics: [
    { name: 'gantry_node_network_received_bytes', type: 'counter', unit: 'bytes', help: 'Bytes received.', labels },
    { name: 'gantry_node_network_sent_bytes', type: 'counter', unit: 'bytes', help: 'Bytes sent.', labels },
    { name: 'gantry_node_network_received_packets', type: 'counter', help: 'Packets received.', labels },
    { name: 'gantry_node_network_sent_packets', type: 'counter', help: 'Packets sent.', labels },
    { name: 'gantry_node_network_receive_errors', type: 'counter', help: 'Packets received with errors.', labels },
    { name: 'gantry_node_network_send_errors', type: 'counter', help: 'Packets that could not be sent.', labels },
    { name: 'gantry_node_network_receive_dropped', type: 'counter', help: 'Packets received and thrown away.', labels },
    { name: 'gantry_node_network_send_dropped', type: 'counter', help: 'Packets thrown away in place of being sent.', labels },
    { name: 'gantry_node_network_up', type: 'gauge', help: 'Whether the interface is up.', labels },
    { name: 'gantry_node_network_speed_bits_per_second', type: 'gauge', help: 'Speed of the link.', labels },
  ],
  measure: (data, emit) => {
    for (const one of data) {
      // Those of instances are among the metrics of the instances.
      if (one.instance !== undefined) continue;
      emit('gantry_node_network_received_bytes', one.receivedBytes, one.name);
      emit('gantry_node_network_sent_bytes', one.sentBytes, one.name);
      emit('gantry_node_network_received_packets', one.receivedPackets, one.name);
      emit('gantry_node_network_sent_packets', one.sentPackets, one.name);
      emit('gantry_node_network_receive_errors', one.receiveErrors, one.name);
      emit('gantry_node_network_send_errors', one.sendErrors, one.name);
      emit('gantry_node_network_receive_dropped', one.receiveDropped, one.name);
      emit('gantry_node_network_send_dropped', one.sendDropped, one.name);
      if (one.state !== undefined) emit('gantry_node_network_up', one.state === 'down' ? 0 : 1, one.name);
      if (one.speed !== undefined) emit('gantry_node_network_speed_bits_per_second', one.speed, one.name);
    }
  },
  start:
    ({ files, instances }) =>
    () => {
      const owners = new Map(instances.list().flatMap(({ name, interfaces }) => interfaces.map((device) => [device, name])));
      return parseNetDev(files.read('/proc/net/dev')).map((counters) => {
        const instance = owners.get(counters.name);
        return { ...counters, ...(instance === undefined ? describe(files, counters.name) : { instance }) };
      });
    },
};

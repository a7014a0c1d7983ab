import type { ProcFiles } from '../../host/light.ts';
import type { Collector } from '../collector/collector.ts';
import { type InterfaceCounters, parseNetDev } from './parse-net-dev.ts';

type Interface = InterfaceCounters & {
  /** The kernel's word: `up`, `down`, `unknown`, … */
  readonly state?: string;
  readonly mtu?: number;
  /** Bits per second; absent of interfaces that are down or have none. */
  readonly speed?: number;
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

/** What the kernel calls a device, and the one at its other end, each in the numbers of its own namespace. */
interface Ends {
  readonly index: number;
  readonly link: number;
}

/** Finds the devices `veth…` of containers, whose other end lies in another namespace. They are called otherwise at every start. */
function createFinder(files: ProcFiles) {
  let known = new Map<string, Ends>();
  const numberOf = (name: string, file: string) => Number(files.readOnce(`/sys/class/net/${name}/${file}`) ?? Number.NaN);
  return (names: readonly string[]): ReadonlySet<string> => {
    const pairs = names.filter((name) => name.startsWith('veth'));
    if (pairs.length === 0) return new Set();
    known = new Map(names.map((name) => [name, known.get(name) ?? { index: numberOf(name, 'ifindex'), link: numberOf(name, 'iflink') }]));
    // Numbers of another namespace may be those of devices here: the other end is one that has this for its own.
    const links = new Map([...known.values()].map(({ index, link }) => [index, link]));
    const isHere = ({ index, link }: Ends) => links.get(link) === index;
    return new Set(pairs.filter((name) => !isHere(known.get(name) as Ends)));
  };
}

const labels = ['interface'];

/** States of a link in use; `unknown` is that of devices which do not watch theirs, like `lo`. */
const carriesData: ReadonlySet<string> = new Set(['up', 'unknown']);

export const network: Collector<Interface[]> = {
  name: 'network',
  category: 'node',
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: "Counters, state and speed of the node's own network interfaces; the collector inst-usage has those of instances.",
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
    { name: 'gantry_node_network_receive_dropped', type: 'counter', help: 'Packets received and dropped.', labels },
    { name: 'gantry_node_network_send_dropped', type: 'counter', help: 'Packets dropped instead of sent.', labels },
    { name: 'gantry_node_network_up', type: 'gauge', help: 'Whether the interface is up.', labels },
    { name: 'gantry_node_network_speed_bits_per_second', type: 'gauge', help: 'Speed of the link.', labels },
  ],
  measure: (data, emit) => {
    for (const one of data) {
      emit('gantry_node_network_received_bytes', one.receivedBytes, one.name);
      emit('gantry_node_network_sent_bytes', one.sentBytes, one.name);
      emit('gantry_node_network_received_packets', one.receivedPackets, one.name);
      emit('gantry_node_network_sent_packets', one.sentPackets, one.name);
      emit('gantry_node_network_receive_errors', one.receiveErrors, one.name);
      emit('gantry_node_network_send_errors', one.sendErrors, one.name);
      emit('gantry_node_network_receive_dropped', one.receiveDropped, one.name);
      emit('gantry_node_network_send_dropped', one.sendDropped, one.name);
      if (one.state !== undefined) emit('gantry_node_network_up', carriesData.has(one.state) ? 1 : 0, one.name);
      if (one.speed !== undefined) emit('gantry_node_network_speed_bits_per_second', one.speed, one.name);
    }
  },
  start: ({ files, instances }) => {
    const findOfContainers = createFinder(files);
    return () => {
      const taken = new Set(instances.list().flatMap(({ interfaces }) => interfaces));
      const all = parseNetDev(files.read('/proc/net/dev'));
      const ofContainers = findOfContainers(all.map(({ name }) => name));
      const own = all.filter(({ name }) => !taken.has(name) && !ofContainers.has(name));
      return own.map((counters) => ({ ...counters, ...describe(files, counters.name) }));
    };
  },
};

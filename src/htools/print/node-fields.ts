import type { ClusterState } from '../../placement/index.ts';
import { formatFixed, showReal } from './format-number.ts';
import type { NodeMembers } from './node-members.ts';

/** What a column of the node list is made of. */
export interface NodeView {
  readonly state: ClusterState;
  readonly members: NodeMembers;
}

interface NodeField {
  readonly title: string;
  readonly numeric: boolean;
  readonly show: (view: NodeView, n: number) => string;
}

const text = (title: string, show: NodeField['show']): NodeField => ({ title, numeric: false, show });
const number = (title: string, show: NodeField['show']): NodeField => ({ title, numeric: true, show });
/** A quantity of the columns with a fixed number of decimals. */
const amount = (title: string, width: number, places: number, value: (state: ClusterState, n: number) => number): NodeField =>
  number(title, ({ state }, n) => formatFixed(value(state, n), places).padStart(width));

const node = ({ data }: ClusterState, n: number) => data.nodes[n] as ClusterState['data']['nodes'][number];
const unallocated = ({ nodes }: ClusterState, n: number): number => (nodes.room[n] as number) - (nodes.instanceMemory[n] as number);

/** The fields of `-p`, by name. Source: Ganeti's hbal(1), option --print-nodes. */
const fields: Readonly<Record<string, NodeField>> = {
  idx: number('Index', (_, n) => String(n).padStart(4)),
  name: text('Name', ({ state }, n) => node(state, n).alias),
  fqdn: text('Name', ({ state }, n) => node(state, n).name),
  status: text('F', ({ state: { nodes } }, n) => (nodes.offline[n] === 1 ? '-' : nodes.failN1[n] === 1 ? '*' : ' ')),
  tmem: amount('t_mem', 5, 0, ({ nodes }, n) => nodes.totalMemory[n] as number),
  nmem: amount('n_mem', 5, 0, ({ nodes }, n) => nodes.nodeMemory[n] as number),
  xmem: amount('x_mem', 5, 0, ({ nodes }, n) => nodes.missing[n] as number),
  // What the node reported; moves that are only planned do not change it.
  fmem: amount('f_mem', 5, 0, (state, n) => node(state, n).freeMemory),
  umem: amount('u_mem', 5, 0, unallocated),
  amem: amount('a_mem', 5, 0, (state, n) => Math.max(0, unallocated(state, n) - (state.nodes.reserved[n] as number))),
  imem: amount('i_mem', 5, 0, ({ nodes }, n) => nodes.instanceMemory[n] as number),
  rmem: amount('r_mem', 5, 0, ({ nodes }, n) => nodes.reserved[n] as number),
  tdsk: amount('t_dsk', 5, 0, ({ nodes }, n) => (nodes.totalDisk[n] as number) / 1024),
  fdsk: amount('f_dsk', 5, 0, ({ nodes }, n) => Math.floor((nodes.freeDisk[n] as number) / 1024)),
  tcpu: amount('pcpu', 4, 0, ({ nodes }, n) => nodes.totalCpu[n] as number),
  ucpu: amount('vcpu', 4, 0, ({ nodes }, n) => nodes.usedCpu[n] as number),
  pcnt: amount('pcnt', 3, 0, ({ nodes }, n) => nodes.primaries[n] as number),
  scnt: amount('scnt', 3, 0, ({ nodes }, n) => nodes.secondaries[n] as number),
  plist: number('primaries', ({ members }, n) => `[${members.primaries[n]?.join(',')}]`),
  slist: number('secondaries', ({ members }, n) => `[${members.secondaries[n]?.join(',')}]`),
  pfmem: amount('p_fmem', 6, 4, (state, n) => unallocated(state, n) / (state.nodes.totalMemory[n] as number)),
  pfdsk: amount('p_fdsk', 6, 4, freeDiskPart),
  rcpu: amount('r_cpu', 5, 2, ({ nodes }, n) => (nodes.usedCpu[n] as number) / (nodes.totalCpu[n] as number)),
  cload: amount('lCpu', 5, 3, ({ nodes }, n) => nodes.loadCpu[n] as number),
  mload: amount('lMem', 5, 3, ({ nodes }, n) => nodes.loadMemory[n] as number),
  dload: amount('lDsk', 5, 3, ({ nodes }, n) => nodes.loadDisk[n] as number),
  nload: amount('lNet', 5, 3, ({ nodes }, n) => nodes.loadNetwork[n] as number),
  ptags: text('PrimaryTags', primaryTags),
  peermap: text('PeerMap', peerMap),
  spindle_count: number('NodeSpindles', ({ state }, n) => String(state.nodes.totalSpindles[n])),
  hi_spindles: number('MaxSpindles', ({ state }, n) => showReal(state.nodes.highSpindles[n] as number)),
  inst_spindles: number('InstSpindles', ({ state }, n) => showReal(state.nodes.instanceSpindles[n] as number)),
};

const unknownField = '<unknown field>';
const unknown = text(unknownField, () => unknownField);

export const nodeField = (name: string): NodeField => (Object.hasOwn(fields, name) ? (fields[name] as NodeField) : unknown);

export const usualNodeFields = [
  ...['status', 'name', 'tmem', 'nmem', 'imem', 'xmem', 'fmem', 'umem', 'rmem', 'tdsk', 'fdsk', 'tcpu', 'ucpu', 'pcnt', 'scnt'],
  ...['pfmem', 'pfdsk', 'rcpu', 'cload', 'mload', 'dload', 'nload'],
];

function freeDiskPart({ nodes }: ClusterState, n: number): number {
  const [free, total] =
    nodes.exclusive[n] === 1 ? [nodes.freeSpindles[n], nodes.totalSpindles[n]] : [nodes.freeDisk[n], nodes.totalDisk[n]];
  return total === 0 ? 1 : (free as number) / (total as number);
}

/** Exclusion tags of the primary instances with how often they occur, in the order of their names. */
function primaryTags({ state: { data }, members }: NodeView, n: number): string {
  const counts = new Map<string, number>();
  for (const i of members.primaries[n] ?? []) {
    for (const tag of data.instances[i]?.exclusionTags ?? []) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  const names = [...counts.keys()].sort((a, b) => (a < b ? -1 : 1));
  return names.map((tag) => `${tag}=${counts.get(tag)}`).join(',');
}

/** Memory reserved for the failure of other nodes, most first; of equals the one that an instance came from last. */
function peerMap({ state: { instances }, members }: NodeView, n: number): string {
  const pairs: { peer: number; memory: number }[] = [];
  for (const i of members.secondaries[n]?.toReversed() ?? []) {
    if (instances.reserves[i] === 0) continue;
    const peer = instances.primary[i] as number;
    const known = pairs.findIndex((pair) => pair.peer === peer);
    const before = known < 0 ? 0 : (pairs.splice(known, 1)[0]?.memory ?? 0);
    const memory = before + (instances.memory[i] as number);
    const place = pairs.findIndex((pair) => pair.memory <= memory);
    pairs.splice(place < 0 ? pairs.length : place, 0, { peer, memory });
  }
  return `[${pairs.map(({ peer, memory }) => `(${peer},${memory})`).join(',')}]`;
}

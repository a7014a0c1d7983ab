import { GantryError } from '../../../base/index.ts';
import { type AllocPolicy, type ClusterData, defaultPolicy, type GroupData, type NodeData } from '../../../placement/index.ts';
import { allocPolicies } from '../alloc-policies.ts';
import { parseUnit } from './parse-unit.ts';

const mostNodes = 1_000_000;
const abbreviations: Readonly<Record<string, AllocPolicy>> = { p: 'preferred', a: 'last_resort', u: 'unallocable' };

/**
 * Empty clusters: a group of equal nodes for each specification
 * `policy,nodes,disk,memory,processors[,spindles[,True|False]]` (source: htools(1), option --simulate).
 * @throws HTOOLS_SIMULATION_INVALID
 */
export function simulate(specs: readonly string[]): ClusterData {
  const nodes: NodeData[] = [];
  const groups = specs.map((spec, position): GroupData => {
    const { allocPolicy, count, ...node } = parseSpec(spec);
    const number = String(position + 1).padStart(2, '0');
    for (let i = 1; i <= count; i++) {
      nodes.push({
        ...node,
        name: `node-${number}-${String(i).padStart(3, '0')}`,
        group: position,
        master: nodes.length === 0 && position === 0,
      });
    }
    return { uuid: `fake-uuid-${number}`, name: `group-${number}`, allocPolicy, networks: [], ipolicy: defaultPolicy, tags: [] };
  });
  return { groups, nodes, instances: [], tags: [], ipolicy: defaultPolicy };
}

function parseSpec(spec: string) {
  const fail = (problem: string): never => {
    throw new GantryError('HTOOLS_SIMULATION_INVALID', { spec, problem });
  };
  const parts = spec.split(',');
  if (parts.length < 5 || parts.length > 7) return fail(`${parts.length} parts instead of 5 to 7`);
  const [policy, nodes, disk, memory, cpus, spindles = '1', exclusive = 'False'] = parts as string[] as [
    string,
    string,
    string,
    string,
    string,
    string?,
    string?,
  ];
  const integer = (field: string, text: string) =>
    /^\d{1,15}$/.test(text) ? Number(text) : fail(`${field}: cannot parse string '${text}'`);
  const size = (field: string, text: string) => parseUnit(text) ?? fail(`${field}: '${text}' is not a size`);
  const count = integer('node count', nodes);
  if (count > mostNodes) fail(`more than ${mostNodes} nodes`);
  if (exclusive !== 'True' && exclusive !== 'False') fail(`exclusive storage is '${exclusive}', not True or False`);
  const totalDisk = size('disk size', disk);
  const totalMemory = size('memory size', memory);
  return {
    allocPolicy: abbreviations[policy] ?? allocPolicies.find((name) => name === policy) ?? fail(`'${policy}' is not an allocation policy`),
    count,
    totalMemory,
    nodeMemory: 0,
    freeMemory: totalMemory,
    totalDisk,
    freeDisk: totalDisk,
    totalCpu: integer('processors', cpus),
    nodeCpu: 1,
    cpuSpeed: 1,
    offline: false,
    totalSpindles: integer('spindles', spindles),
    freeSpindles: 0,
    exclusiveStorage: exclusive === 'True',
    tags: [],
  };
}

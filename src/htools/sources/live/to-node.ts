import { GantryError } from '../../../base/index.ts';
import type { NodeData } from '../../../placement/index.ts';
import type { LiveNode } from './live-schemas.ts';

type Quantity = 'mtotal' | 'mnode' | 'mfree' | 'dtotal' | 'dfree' | 'ctotal' | 'cnos' | 'sptotal' | 'spfree';

/** A node of a running cluster. One that cannot have instances is offline with nothing in it, a drained one offline too. */
export function toNode(node: LiveNode, group: number, place: string): NodeData {
  const live = !node.offline && (node.vm_capable ?? true);
  const told = (field: Quantity, absent?: number): number => {
    const value = live ? (node[field] ?? absent) : 0;
    if (value === undefined) throw new GantryError('HTOOLS_NODE_SILENT', { place, node: node.name, field });
    return value;
  };
  return {
    name: node.name,
    group,
    totalMemory: told('mtotal'),
    nodeMemory: told('mnode'),
    freeMemory: told('mfree'),
    // No storage of its own: nothing to tell.
    totalDisk: told('dtotal', 0),
    freeDisk: told('dfree', 0),
    totalCpu: told('ctotal'),
    nodeCpu: told('cnos'),
    cpuSpeed: node.cpu_speed ?? 1,
    offline: !live || node.drained,
    master: false,
    totalSpindles: node.exclusive_storage ? told('sptotal') : node.spindle_count,
    freeSpindles: told('spfree', 0),
    exclusiveStorage: node.exclusive_storage,
    tags: node.tags,
    ...(node.pip && { address: node.pip }),
  };
}

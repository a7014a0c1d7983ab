import type { Random } from '../../base/index.ts';
import type { DiskTemplate } from '../../model/disk-templates/catalogue.ts';
import type { ClusterData, GroupData, InstanceData, InstanceStatus, NodeData } from '../cluster/cluster-data.ts';
import { defaultPolicy } from '../cluster/default-policy.ts';

export interface RandomClusterOptions {
  readonly nodes: number;
  readonly instances: number;
  readonly groups?: number;
  readonly templates?: readonly DiskTemplate[];
  /** Nodes differ in size, some are offline, instances are in all states, and there are tags of every kind. */
  readonly varied?: boolean;
}

const states: readonly InstanceStatus[] = ['running', 'running', 'running', 'ADMIN_down', 'ADMIN_offline', 'ERROR_up', 'ERROR_down'];
const sizes = [512, 1024, 2048, 4096] as const;

/** A cluster for tests: crowded on its first nodes, and consistent, in that nodes report what their instances use. */
export function randomCluster(random: Random, options: RandomClusterOptions): ClusterData {
  const { templates = ['drbd'], varied = false, groups: groupCount = 1 } = options;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const chance = (part: number) => varied && random() < part;
  const groups = Array.from({ length: groupCount }, (_, g): GroupData => {
    const number = String(g).padStart(2, '0');
    const uuid = `00000000-0000-4000-8000-0000000000${number}`;
    return { uuid, name: `group-${number}`, allocPolicy: 'preferred', networks: [], ipolicy: defaultPolicy, tags: [] };
  });
  const bare = Array.from({ length: options.nodes }, (_, n): NodeData => {
    const totalMemory = chance(0.3) ? 98_304 : 65_536;
    const totalDisk = chance(0.3) ? 3_145_728 : 2_097_152;
    return {
      name: `node-${String(n).padStart(4, '0')}.example.com`,
      group: n % groupCount,
      totalMemory,
      nodeMemory: 1024,
      freeMemory: totalMemory - 1024,
      totalDisk,
      freeDisk: totalDisk,
      totalCpu: chance(0.3) ? 24 : 16,
      nodeCpu: chance(0.2) ? 1 : 0,
      cpuSpeed: chance(0.2) ? 1.25 : 1,
      offline: n > 2 * groupCount && chance(0.15),
      master: n === 0,
      totalSpindles: chance(0.2) ? 12 : 8,
      freeSpindles: 0,
      exclusiveStorage: false,
      tags: varied ? [`rack:r${n % 3}`, ...(random() < 0.4 ? [`version:v${n % 2}`] : [])] : [],
    };
  });
  const free = bare.map(({ freeMemory, freeDisk }) => ({ memory: freeMemory, disk: freeDisk }));
  const instances: InstanceData[] = [];
  for (let j = 0; j < options.instances; j++) {
    const group = Math.floor(random() * groupCount);
    const members = bare.flatMap((node, n) => (node.group === group ? [n] : []));
    const memory = pick(sizes);
    const disk = memory * pick([4, 8, 10]);
    const diskTemplate = pick(templates);
    const local = diskTemplate === 'drbd' || diskTemplate === 'plain';
    const status = varied ? pick(states) : 'running';
    const crowded = () => members[Math.floor(members.length * random() * random())] as number;
    const primary = crowded();
    const others = members.filter((n) => n !== primary);
    const secondary = diskTemplate === 'drbd' ? (others[Math.floor(others.length * random() * random())] ?? -1) : -1;
    const room = free[primary] as { memory: number; disk: number };
    const second = free[secondary];
    if (room.memory < memory + 8192 || room.disk < disk + 8192 || (second && second.disk < disk + 8192)) continue;
    if (diskTemplate === 'drbd' && !second) continue;
    const running = status === 'running' || status === 'ERROR_up';
    if (running) room.memory -= memory;
    if (local) room.disk -= disk;
    if (second) second.disk -= disk;
    const load = () => Math.round(random() * 1000) / 1000;
    instances.push({
      name: `instance-${String(j).padStart(5, '0')}.example.com`,
      memory,
      disk,
      disks: [{ size: disk }],
      vcpus: pick([1, 1, 2, 4]),
      status,
      autoBalance: !chance(0.1),
      primary,
      secondary,
      diskTemplate,
      spindleUse: chance(0.2) ? 2 : 1,
      tags: varied ? [...(random() < 0.3 ? [`service:s${j % 4}`] : []), ...(random() < 0.2 ? [`rack:r${j % 3}`] : [])] : [],
      nics: [],
      forthcoming: false,
      ...(varied ? { load: { cpu: load(), memory: load(), disk: load(), network: load() } } : {}),
    });
  }
  const nodes = bare.map((node, n): NodeData => {
    const room = free[n] as { memory: number; disk: number };
    return { ...node, freeMemory: room.memory, freeDisk: room.disk };
  });
  const tags = ['htools:iextags:service', 'htools:nlocation:rack', 'htools:desiredlocation:rack', 'htools:migration:version'];
  return {
    groups,
    nodes,
    instances,
    tags: varied ? [...tags, 'htools:allowmigration:version:v0::version:v1'] : [],
    ipolicy: defaultPolicy,
  };
}

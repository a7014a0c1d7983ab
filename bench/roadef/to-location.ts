import {
  type ClusterData,
  compileRules,
  defaultPolicy,
  type InstanceData,
  type LocationRule,
  type NodeData,
  noNode,
  type RuleBook,
  type Service,
  type Topology,
} from '../../src/placement/index.ts';
import type { RoadefModel } from './roadef-model.ts';

/**
 * The constraints of the challenge as rules of location, as an operator would write them: location and neighbourhood of
 * a machine are failure domains; processes of a service are at most one on a machine and in so many locations; a
 * dependency is a need for the other service in the same neighbourhood.
 */
export function compileRoadefRules(model: RoadefModel, assignment: Int32Array): RuleBook {
  return compileRules(toCluster(model, assignment), toTopology(model), toServices(model));
}

const location = 'location';
const neighbourhood = 'neighbourhood';
const serviceName = (s: number) => `service${s}`;
const processName = (p: number) => `process${p}`;
const machineName = (m: number) => `machine${m}`;

function toTopology({ machines, location: locations, neighbourhood: neighbourhoods }: RoadefModel): Topology {
  const domains = (level: string, labels: Int32Array) => {
    const nodes = new Map<number, string[]>();
    for (let m = 0; m < machines; m++) {
      const label = labels[m] as number;
      const inside = nodes.get(label);
      if (inside) inside.push(machineName(m));
      else nodes.set(label, [machineName(m)]);
    }
    return [...nodes].map(([label, inside]) => ({ name: `${level}${label}`, level, nodes: inside }));
  };
  return {
    levels: [neighbourhood, location],
    domains: [...domains(neighbourhood, neighbourhoods), ...domains(location, locations)],
    links: [],
    migration: [],
  };
}

function toServices({ services, processes, service }: RoadefModel): Service[] {
  const members: string[][] = services.map(() => []);
  for (let p = 0; p < processes; p++) members[service[p] as number]?.push(processName(p));
  return services.map(({ spread, dependsOn }, s) => {
    const rules: LocationRule[] = [{ kind: 'spread', level: 'node', atMost: 1 }];
    if (spread > 1) rules.push({ kind: 'spread', level: location, atLeast: spread });
    for (const other of new Set(dependsOn)) {
      if (other !== s) rules.push({ kind: 'needs', service: serviceName(other), level: neighbourhood });
    }
    return { name: serviceName(s), members: members[s] as string[], rules };
  });
}

/** Machines and processes with what the rules look at; sizes and costs are the search's business. */
function toCluster({ machines, processes }: RoadefModel, assignment: Int32Array): ClusterData {
  const nodes = Array.from({ length: machines }, (_, m): NodeData => ({ ...plainNode, name: machineName(m) }));
  const instances = Array.from(
    { length: processes },
    (_, p): InstanceData => ({ ...plainInstance, name: processName(p), primary: assignment[p] as number }),
  );
  const groups = [{ uuid: '', name: 'all', allocPolicy: 'preferred', networks: [], ipolicy: defaultPolicy, tags: [] }] as const;
  return { groups, nodes, instances, tags: [], ipolicy: defaultPolicy };
}

const plainNode: NodeData = {
  name: '',
  group: 0,
  totalMemory: 0,
  nodeMemory: 0,
  freeMemory: 0,
  totalDisk: 0,
  freeDisk: 0,
  totalCpu: 0,
  nodeCpu: 0,
  cpuSpeed: 1,
  offline: false,
  master: false,
  totalSpindles: 0,
  freeSpindles: 0,
  exclusiveStorage: false,
  tags: [],
};

const plainInstance: InstanceData = {
  name: '',
  memory: 0,
  disk: 0,
  disks: [],
  vcpus: 0,
  status: 'running',
  autoBalance: true,
  primary: 0,
  secondary: noNode,
  diskTemplate: 'sharedfile',
  spindleUse: 0,
  tags: [],
  nics: [],
  forthcoming: false,
};

import { plainGroup, plainInstance, plainNode, plainUuid } from '../../src/cluster/testing/plain-config.ts';
import {
  configVersion,
  defaultBeparams,
  defaultIpolicy,
  defaultNdparams,
  defaultNicparams,
  type Instance,
  type Node,
} from '../../src/model/index.ts';
import type { InitialObjects } from '../../src/store/index.ts';

export interface ScaleSize {
  readonly nodes: number;
  readonly instances: number;
}

/** Instances with one disk each on shared storage, dealt to the nodes in turn, all of which should run. */
export const scaleInstances = ({ nodes, instances }: ScaleSize): Instance[] =>
  Array.from({ length: instances }, (_, number) => {
    const plain = plainInstance(number, number % nodes, 1024);
    return { ...plain, disk_template: 'sharedfile', disks: plain.disks.map((disk) => ({ ...disk, dev_type: 'sharedfile' as const })) };
  });

export const scaleNodeUuids = ({ nodes }: ScaleSize): string[] => Array.from({ length: nodes }, (_, number) => plainUuid(2, number));

/** The configuration of a cluster whose agents listen on these ports of loopback, all with one key. */
export function scaleCluster(size: ScaleSize, ports: readonly number[], fingerprint: string): InitialObjects {
  const groups = Array.from({ length: 4 }, (_, number) => plainGroup(number));
  const nodes = ports.map(
    (agent_port, number): Node =>
      plainNode(number, {
        primary_ip: '127.0.0.1',
        secondary_ip: '127.0.0.1',
        agent_port,
        group: plainUuid(1, number % groups.length),
        certificate_fingerprint: fingerprint,
      }),
  );
  const common = { ctime: 1_700_000_000, mtime: 1_700_000_000, serial_no: 1, tags: [] };
  return {
    groups,
    nodes,
    instances: scaleInstances(size),
    cluster: {
      ...common,
      uuid: plainUuid(0, 0),
      cluster_name: 'cluster.example.com',
      config_version: configVersion,
      master_node: plainUuid(2, 0),
      mac_prefix: 'aa:00:00',
      enabled_hypervisors: ['kvm'],
      enabled_disk_templates: ['sharedfile', 'file', 'diskless'],
      hvparams: {},
      os_hvp: {},
      beparams: defaultBeparams,
      nicparams: defaultNicparams,
      ndparams: defaultNdparams,
      ipolicy: defaultIpolicy,
      diskparams: {},
      osparams: {},
      file_storage_dir: '/srv/gantry/file',
      shared_file_storage_dir: '/srv/gantry/shared',
      default_iallocator: 'hail',
      candidate_pool_size: 10,
      max_running_jobs: 20,
      port_range: [11000, 14999],
      drained: false,
    },
  };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Log, silentLog, systemClock } from '../../src/base/index.ts';
import { type JoinAuthority, jobEnd, type Leading, lead } from '../../src/cluster/index.ts';
import { configVersion, defaultBeparams, defaultIpolicy, defaultNdparams, defaultNicparams } from '../../src/model/index.ts';
import { createSimulation, type Simulation, type SimulationOptions } from '../../src/node/index.ts';
import type { JobNodeCaller } from '../../src/rpc/index.ts';
import { createConfig, openStore, type Store } from '../../src/store/index.ts';
import { tester } from './tester.ts';

/** A whole master, without its REST API, over simulated nodes `node1`, `node2`, … in the group `default`. */
export interface SimulatedMaster {
  readonly simulation: Simulation;
  readonly leading: Leading;
  readonly store: Store;
  /** Submits an opcode and waits for its end. @throws its error */
  run(op: Record<string, unknown> & { OP_ID: string }): Promise<void>;
  /** The master stops in the middle of its jobs, and after `between` a next one leads. */
  succeed(between?: (store: Store) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export interface SimulatedMasterOptions extends Partial<SimulationOptions> {
  /** Time between two looks at the nodes, milliseconds; default so long that only changes make it look. */
  readonly pollIntervalMs?: number;
  /** Of the master. */
  readonly log?: Log;
  /** How a master of this term calls the nodes; default: directly. */
  readonly connect?: (simulation: Simulation, term: number, epoch: string) => JobNodeCaller;
  /** What is different about the authority that lets nodes in. */
  readonly authority?: Partial<JoinAuthority>;
}

/** Cuts short the pauses between attempts, not the time between two looks at the nodes or the instances. */
const hasty: Clock = {
  now: () => systemClock.now(),
  sleep: (ms, signal) => systemClock.sleep(ms >= 60_000 ? ms : Math.min(ms, 20), signal),
};

export async function startSimulatedMaster(count: number, options: SimulatedMasterOptions = {}): Promise<SimulatedMaster> {
  const { pollIntervalMs = 60_000, authority = {}, log = silentLog, connect, ...rest } = options;
  const dir = await mkdtemp(join(tmpdir(), 'gantry-simulated-'));
  const simulation = await createSimulation({ nodes: count, seed: 1, hypervisor: 'kvm', ...rest });
  const store = await openStore(`sqlite:${join(dir, 'store.db')}`);
  await createConfig(store, simulatedCluster(simulation.nodes));
  const begin = async (): Promise<Leading> => {
    const next = await lead({
      store,
      name: 'node1',
      clock: hasty,
      log,
      connect: (_config, term, epoch) => connect?.(simulation, term, epoch) ?? simulation.withTerm(term),
      authority: { ...simulatedAuthority, ...authority },
      signal: new AbortController().signal,
      pollIntervalMs,
    });
    await next.start();
    return next;
  };
  let leading = await begin();
  return {
    simulation,
    store,
    get leading() {
      return leading;
    },
    async run(op) {
      const { jobs } = leading.services;
      await jobEnd(jobs, await jobs.submit([op], tester));
    },
    async succeed(between = async () => undefined) {
      await leading.close();
      await between(store);
      leading = await begin();
    },
    close: async () => {
      await leading.close();
      await store.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Signs nothing that anybody could use. */
export const simulatedAuthority: JoinAuthority = {
  ca: '',
  encodeToken: ({ id, secret }) => `${id} ${secret}`,
  signNode: async () => signed,
  revocationList: async () => '',
  useRevocationList: async () => undefined,
};

const signed = { certificate: '', fingerprint: 'f'.repeat(64), serial: 'f', expires: 4e9 };
const common = { ctime: 1_700_000_000, mtime: 1_700_000_000, serial_no: 1, tags: [] };
const groupUuid = '00000000-0000-4000-8000-0000000000aa';

/** The configuration of such a cluster. */
export function simulatedCluster(uuids: readonly string[]): Parameters<typeof createConfig>[1] {
  return {
    groups: [{ ...common, uuid: groupUuid, name: 'default', alloc_policy: 'preferred', ipolicy: {}, ndparams: {}, diskparams: {} }],
    nodes: uuids.map((uuid, index) => ({
      ...common,
      uuid,
      name: `node${index + 1}`,
      primary_ip: `192.0.2.${index + 1}`,
      secondary_ip: `192.0.2.${index + 1}`,
      agent_port: 1811,
      group: groupUuid,
      master_candidate: true,
      master_capable: true,
      vm_capable: true,
      offline: false,
      drained: false,
      powered: true,
      ndparams: {},
      certificate_fingerprint: String(index).padStart(64, '0'),
    })),
    cluster: {
      ...common,
      uuid: '00000000-0000-4000-8000-0000000000cc',
      cluster_name: 'cluster.example.com',
      config_version: configVersion,
      master_node: uuids[0] ?? '',
      mac_prefix: 'aa:00:00',
      enabled_hypervisors: ['kvm'],
      enabled_disk_templates: ['sharedfile', 'diskless'],
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

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Principal } from '../../access/index.ts';
import { seededRandom, silentLog, systemClock } from '../../base/index.ts';
import {
  type Cluster,
  configVersion,
  defaultBeparams,
  defaultIpolicy,
  defaultNdparams,
  defaultNicparams,
  type Node,
  type NodeGroup,
} from '../../model/index.ts';
import type { JobNodeCaller } from '../../rpc/index.ts';
import { type Config, campaign, createConfig, type Leadership, openConfig, openSqliteStore, type Store } from '../../store/index.ts';
import type { JobQueue, OpInput } from '../job-queue.ts';
import { createJobQueue, type JobQueueOptions } from '../queue/create-job-queue.ts';
import type { Once } from '../queue/known-submissions.ts';

/** For the tests and benchmarks of this room: a master's job queue on a real SQLite store in a directory of its own. */
export interface QueueFixture {
  readonly dir: string;
  readonly store: Store;
  readonly config: Config;
  readonly leadership: Leadership;
  readonly queue: TestQueue;
  /** Stops it as a master that goes down; the directory stays. */
  readonly close: () => Promise<void>;
}

/** Also takes the name alone of who submits: then it is a user who may do everything. */
export interface TestQueue extends JobQueue {
  submit(ops: readonly OpInput[], by: Principal | string, once?: Once, trace?: string): Promise<number>;
  submitMany(jobs: readonly (readonly OpInput[])[], by: Principal | string, trace?: string): Promise<readonly number[]>;
}

export const userNamed = (name: string): Principal => ({ name, scheme: 'users-file', groups: [], options: ['write'] });
/** Submits jobs that are built without a queue. */
export const alice = userNamed('alice');

export interface FixtureOptions extends Partial<Omit<JobQueueOptions, 'store' | 'config' | 'leadership'>> {
  readonly operations: JobQueueOptions['operations'];
  readonly cluster?: Partial<Cluster>;
  /** What the store does otherwise, e.g. to kill the process at some write. */
  readonly wrap?: (store: Store) => Partial<Store>;
  /** Do not start the queue. */
  readonly idle?: boolean;
}

export async function newDirectory(): Promise<{ dir: string; remove: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-jobs-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Makes the cluster if the directory has none yet. */
export async function openFixture(dir: string, options: FixtureOptions): Promise<QueueFixture> {
  const bare = await openSqliteStore(join(dir, 'store.db'));
  if (!(await bare.get('/config/cluster'))) await createConfig(bare, testCluster(options.cluster));
  const store = options.wrap ? withChanges(bare, options.wrap(bare)) : bare;
  const shared = { clock: systemClock, log: silentLog };
  const leadership = await campaign(bare, { ...shared, name: 'node0', ttlSeconds: 60, signal: new AbortController().signal });
  const config = await openConfig(store, shared);
  const queue = withNames(
    createJobQueue({
      ...shared,
      access: { requireOpcodes: async () => undefined, sightOf: () => undefined },
      nodes: noNodes,
      random: seededRandom(1),
      newUuid: randomUUID,
      undoRetry: { attempts: 3, firstPauseMs: 1 },
      ...options,
      store,
      config,
      leadership,
    }),
  );
  if (!options.idle) await queue.start();
  const close = async () => {
    await queue.stop();
    await config.close();
    await leadership.resign();
    await bare.close();
  };
  return { dir, store, config, leadership, queue, close };
}

function withNames(queue: JobQueue): TestQueue {
  const principal = (by: Principal | string) => (typeof by === 'string' ? userNamed(by) : by);
  return {
    ...queue,
    submit: (ops, by, once, trace) => queue.submit(ops, principal(by), once, trace),
    submitMany: (jobs, by, trace) => queue.submitMany(jobs, principal(by), trace),
  };
}

function withChanges(store: Store, changes: Partial<Store>): Store {
  return {
    get: (key) => store.get(key),
    range: (prefix, options) => store.range(prefix, options),
    transact: (transaction) => store.transact(transaction),
    watch: (prefix, after, signal) => store.watch(prefix, after, signal),
    grantLease: (seconds) => store.grantLease(seconds),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    ...changes,
  };
}

const noNodes: JobNodeCaller = {
  call: (node, method) => Promise.reject(new Error(`the test called ${method} of node ${node}`)),
  cancelStep: (node) => Promise.reject(new Error(`the test ended a step on node ${node}`)),
};

const common = { ctime: 1_700_000_000, mtime: 1_700_000_000, serial_no: 1, tags: [] };
const group: NodeGroup = {
  ...common,
  uuid: '00000000-0000-4000-8000-0000000000aa',
  name: 'default',
  alloc_policy: 'preferred',
  ipolicy: {},
  ndparams: {},
  diskparams: {},
};

const testNode = (number: number): Node => ({
  ...common,
  uuid: `00000000-0000-4000-8000-00000000000${number}`,
  name: `node${number}`,
  primary_ip: `192.0.2.${number}`,
  secondary_ip: `192.0.2.${number}`,
  agent_port: 1811,
  group: group.uuid,
  master_candidate: true,
  master_capable: true,
  vm_capable: true,
  offline: false,
  drained: false,
  powered: true,
  ndparams: {},
  certificate_fingerprint: String(number).padStart(64, '0'),
});

/** Four nodes in one group. */
function testCluster(changes: Partial<Cluster> = {}) {
  const nodes = [1, 2, 3, 4].map(testNode);
  const cluster: Cluster = {
    ...common,
    uuid: '00000000-0000-4000-8000-0000000000cc',
    cluster_name: 'cluster.example.com',
    config_version: configVersion,
    master_node: (nodes[0] as Node).uuid,
    mac_prefix: 'aa:00:00',
    enabled_hypervisors: ['kvm'],
    enabled_disk_templates: ['file', 'diskless'],
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
    ...changes,
  };
  return { cluster, groups: [group], nodes };
}

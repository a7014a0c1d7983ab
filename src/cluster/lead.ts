import { randomUUID } from 'node:crypto';
import { type Authorizer, createAccessControl, optionsAuthorizer } from '../access/index.ts';
import { type Clock, GantryError, type Log } from '../base/index.ts';
import { createJobQueue, type JobQueue } from '../jobs/index.ts';
import { type JobNodeCaller, observedCaller } from '../rpc/index.ts';
import {
  type Config,
  type ConfigDraft,
  campaign,
  createSecretBox,
  ensureEpoch,
  type Leadership,
  type MigrateOptions,
  migrateConfig,
  observedStore,
  openConfig,
  requireKnownVersion,
  type SecretBox,
  type Store,
} from '../store/index.ts';
import { CertificateRenewer } from './certificate-renewer.ts';
import type { ClusterParts } from './cluster-parts.ts';
import { createJoinService } from './create-join-service.ts';
import type { JoinAuthority } from './join-authority.ts';
import { JoinTokens } from './join-tokens.ts';
import { configOfTerm } from './lib/fenced-ends-term.ts';
import { busyInstances } from './lib/instances/busy-instances.ts';
import { declaredSecrets } from './lib/instances/osparams.ts';
import { sealOsparams } from './lib/instances/seal-osparams.ts';
import { LivePoller } from './live-poller.ts';
import { MasterMetrics } from './master-metrics.ts';
import type { MasterServices } from './master-services.ts';
import { MonitorDistributor } from './monitor-distributor.ts';
import { createOperations } from './operations.ts';
import { Placer } from './placement/placer.ts';
import { refreshingCaller } from './refreshing-caller.ts';
import { resealSecrets } from './reseal-secrets.ts';
import { RevocationDistributor } from './revocation-distributor.ts';
import { createStoredGarbage } from './stored-garbage.ts';
import { Watcher } from './watcher.ts';

export interface LeadOptions {
  readonly store: Store;
  /** Name of this master, for the others to see: that of its node. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes the caller of node agents once the term is known. */
  readonly connect: (config: Config, term: number, epoch: string) => JobNodeCaller;
  readonly authority: JoinAuthority;
  readonly signal: AbortSignal;
  /** Decides what users may do and see; default: by the options of the users file. */
  readonly authorizer?: Authorizer;
  /** Counts what this master does; default: for this term alone. */
  readonly metrics?: MasterMetrics;
  /** Encrypts secrets for the store; default: with a key that is gone with the process, for tests. */
  readonly secrets?: SecretBox;
  /** The certificates of this master, for `cluster verify`; default: none. */
  readonly certificates?: ClusterParts['certificates'];
  /** Where the store is backed up before its configuration is migrated; default: nowhere, and nothing is migrated. */
  readonly saveBackup?: MigrateOptions['saveBackup'];
  readonly leaseSeconds?: number;
  /** Prolong the leadership in a thread of its own. */
  readonly leaseInThread?: boolean;
  readonly pollIntervalMs?: number;
  readonly watchIntervalSeconds?: number;
}

/** A master that leads. */
export interface Leading {
  readonly services: MasterServices;
  readonly leadership: Leadership;
  /** Begins to poll, to run jobs and to watch. */
  start(): Promise<void>;
  /** Stops in order and gives the leadership up. */
  close(): Promise<void>;
}

const noBackup: MigrateOptions['saveBackup'] = () => {
  throw new GantryError('STORE_BACKUP_UNWRITTEN', { path: '(none)', problem: 'this master has no place for it' });
};

/** Waits to become the leader, then puts the parts of a master together. */
export async function lead(given: LeadOptions): Promise<Leading> {
  const metrics = given.metrics ?? new MasterMetrics();
  const options = { ...given, metrics, store: observedStore(given.store, metrics.store) };
  const { store, clock, log, signal } = options;
  const inThread = options.leaseInThread ?? false;
  const check = () => requireKnownVersion(store);
  const ttlSeconds = options.leaseSeconds ?? 10;
  const leadership = await campaign(store, { name: options.name, ttlSeconds, clock, log, signal, inThread, check });
  await using undo = new AsyncDisposableStack();
  // Else the lease would be kept alive by a process that does not lead.
  undo.defer(() => leadership.resign());
  const epoch = await ensureEpoch(store, leadership.compare);
  const { name: master, saveBackup = noBackup } = options;
  await migrateConfig(store, { fence: leadership.compare, master, saveBackup, log });
  const config = configOfTerm(await openConfig(store, { clock, log }), leadership);
  undo.defer(() => config.close());
  const leading = await assemble(options, leadership, config, epoch);
  undo.move();
  return leading;
}

type Counted = LeadOptions & { readonly metrics: MasterMetrics };

/** Calls of nodes under this term; they are counted, and those of jobs are told. */
function callerOf({ connect, metrics, log }: Counted, { term }: Leadership, config: Config, epoch: string): JobNodeCaller {
  const nameOf = (node: string) => config.current.nodes.get(node)?.name ?? node;
  return observedCaller(connect(config, term, epoch), { metrics: metrics.rpc, log, nameOf });
}

async function assemble(options: Counted, leadership: Leadership, config: Config, epoch: string): Promise<Leading> {
  const { store, clock, log, metrics, secrets = createSecretBox() } = options;
  await recordMaster(config, leadership, options.name);
  const direct = callerOf(options, leadership, config, epoch);
  const nodes = refreshingCaller(direct, () => live);
  const live: LivePoller = new LivePoller({
    config,
    nodes: direct,
    clock,
    log,
    onAnswer: (node) => {
      void garbage.collect();
      void monitors.settle(node);
      void revocations.settle(node);
    },
    ...(options.pollIntervalMs && { intervalMs: options.pollIntervalMs }),
  });
  const monitors = new MonitorDistributor({ config, nodes: direct, live: () => live, clock, log });
  const { authority } = options;
  const revocations = new RevocationDistributor({ config, leadership, nodes: direct, live: () => live, authority, clock, log });
  await revocations.keepKnown();
  await revocations.use();
  const isBusy = ({ uuid, name }: { uuid: string; name: string }) => {
    const busy = busyInstances(jobs);
    return busy.has(uuid) || busy.has(name.toLowerCase());
  };
  const garbage = createStoredGarbage({ store, leadership, isBusy, config, nodes, live: () => live, log });
  const tokens = new JoinTokens({ store, leadership, clock, log });
  const job = (id: number) => jobs.present(id)?.job;
  const access = createAccessControl({ authorizer: options.authorizer ?? optionsAuthorizer, config, job, log });
  const jobs: JobQueue = createJobQueue({
    access,
    store,
    config,
    leadership,
    operations: createOperations({
      live,
      garbage,
      placer: new Placer(live),
      secrets,
      revocations,
      joinTokens: tokens,
      jobs: () => jobs,
      certificates: options.certificates ?? (async () => []),
    }),
    sealOp: (op) => sealOsparams(secrets, (os) => declaredSecrets(config.current, live, os), op),
    nodes,
    clock,
    random: Math.random,
    newUuid: randomUUID,
    log,
    metrics: metrics.jobs,
  });
  const join = createJoinService({ tokens, leadership, config, jobs, clock, authority, revocations, log });
  const certificates = new CertificateRenewer({ config, leadership, nodes: direct, live, authority, revocations, clock, log });
  const watchSeconds = options.watchIntervalSeconds;
  const watcher = new Watcher({
    config,
    jobs,
    live,
    garbage,
    certificates,
    clock,
    log,
    ...(watchSeconds && { intervalSeconds: watchSeconds }),
  });
  const reseal = (ended: AbortSignal) => resealSecrets({ config, leadership, live, secrets, log, signal: ended });
  const services = { access, config, jobs, nodes, live, join, metrics, clock, log };
  return leadingWith({ services, live, watcher, leadership, store, reseal });
}

interface LeadingParts {
  readonly services: MasterServices;
  readonly live: LivePoller;
  readonly watcher: Watcher;
  readonly leadership: Leadership;
  readonly store: LeadOptions['store'];
  readonly reseal: (ended: AbortSignal) => Promise<unknown>;
}

/** The order in which the parts of a leading master begin and end. */
function leadingWith({ services, live, watcher, leadership, store, reseal }: LeadingParts): Leading {
  const { config, jobs, metrics, clock, log } = services;
  const ending = new AbortController();
  let resealing: Promise<unknown> = Promise.resolve();
  return {
    services,
    leadership,
    async start() {
      metrics.beginTerm({ leadership, store, config, live, clock });
      await live.start();
      await jobs.start();
      watcher.start();
      resealing = reseal(ending.signal).catch((error: unknown) =>
        log.error({ err: error }, 'stored secrets could not be encrypted again; the next start tries again'),
      );
    },
    async close() {
      ending.abort();
      metrics.endTerm();
      // The last first, and each whatever became of those before: above all, the leadership is given back.
      await using ends = new AsyncDisposableStack();
      ends.defer(() => leadership.resign());
      ends.defer(() => config.close());
      ends.defer(() => live.stop());
      ends.defer(() => jobs.stop());
      ends.defer(async () => void (await resealing));
      ends.defer(() => watcher.stop());
    },
  };
}

/** The configuration names the node that leads. A name that is no node's changes nothing. */
async function recordMaster(config: Config, leadership: Leadership, name: string): Promise<void> {
  const node = config.current.nodes.find(name);
  const { uuid, master_node } = config.current.cluster;
  if (!node || node.uuid === master_node) return;
  const change = (draft: ConfigDraft) => draft.update('cluster', uuid, (old) => ({ ...old, master_node: node.uuid }));
  await config.transact(change, () => leadership.rider());
}

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, createLog, type Log, systemClock, version } from '../base/index.ts';
import { RpcServer } from '../rpc/index.ts';
import { fileActivations } from './activations.ts';
import { addressTowards } from './address-towards.ts';
import { type AgentConfig, agentPaths } from './agent-config.ts';
import { fileCertificates, readCredentials } from './certificate-store.ts';
import { createDispatcher } from './create-dispatcher.ts';
import { createHandlers } from './create-handlers.ts';
import { openFence } from './fence.ts';
import { folderExposure, folderProblem } from './folder-problem.ts';
import { readHostFacts } from './host-facts.ts';
import { createHypervisors } from './hypervisor/create-hypervisors.ts';
import type { Hypervisor } from './hypervisor/hypervisor.ts';
import { hypervisorProbes } from './hypervisor-probes.ts';
import { fileMonitorSettings } from './monitor-settings.ts';
import { createLinuxNetwork } from './network/linux-network.ts';
import type { NetworkPort } from './network/network-port.ts';
import type { NodeParts } from './node-parts.ts';
import { openInstanceConsole } from './open-instance-console.ts';
import { createOsAdapter } from './os/os-adapter.ts';
import { builtinOsDir } from './os/tiny-image.ts';
import type { OsPort } from './os-port.ts';
import { createDiskTemplates, type DiskTemplates } from './storage/disk-templates.ts';
import { tendHypervisors } from './tend-hypervisors.ts';

/** Replaces real adapters, for tests and for hosts that have others. */
export interface AgentParts {
  readonly log?: Log;
  readonly clock?: Clock;
  readonly hypervisors?: readonly Hypervisor[];
  readonly diskTemplates?: DiskTemplates;
  readonly network?: NetworkPort;
  readonly os?: OsPort;
}

export interface Agent {
  /** Where it listens. */
  readonly port: number;
  /** Resolves when the node has been taken out of its cluster: the agent is of no use any more. */
  readonly left: Promise<void>;
  /** Whether it still takes connections. */
  listens(): boolean;
  /** Ends the agent; the instances go on. */
  close(): Promise<void>;
}

/**
 * Starts the agent of a node. It keeps nothing in memory that matters: after a restart it finds the instances again.
 * @throws AGENT_NOT_JOINED, CERTIFICATE_UNFIT, AGENT_STATE_DAMAGED, AGENT_LISTEN_FAILED
 */
export async function startAgent(config: AgentConfig, replaced: AgentParts = {}): Promise<Agent> {
  const log = replaced.log ?? createLog('agent');
  const clock = replaced.clock ?? systemClock;
  const now = () => clock.now();
  const credentials = await readCredentials(config, now());
  await mkdir(config.runDir, { recursive: true, mode: 0o711 });
  // Without it the agent serves all the same, and verify tells.
  await mkdir(config.logDir, { recursive: true, mode: 0o750 }).catch((error: unknown) =>
    log.error({ err: error }, 'the folder of logs cannot be made'),
  );
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const fence = await openFence(agentPaths(config).term);
  const hypervisors = new Map((replaced.hypervisors ?? createHypervisors(config, clock, log)).map((one) => [one.name, one]));
  const parts: NodeParts = {
    name: config.name,
    version,
    hypervisors,
    diskTemplates: replaced.diskTemplates ?? createDiskTemplates(config),
    network: replaced.network ?? createLinuxNetwork({ callers: () => server.callers(), reachedAt: () => server.reachedAt() }),
    os: replaced.os ?? realOs(config),
    host: readHostFacts,
    probes: hypervisorProbes(hypervisors, clock),
    activations: fileActivations(join(config.runDir, 'active')),
    certificates: fileCertificates({
      config,
      credentials,
      now,
      onChange: (changed, revoked) => server.reload(changed, revoked),
      onLeft: () => {
        log.warn({ node: config.name }, 'this node has been taken out of its cluster; its agent ends');
        leave();
      },
    }),
    monitorSettings: await fileMonitorSettings(agentPaths(config).monitor, log),
    addressTowards: (peer) => addressTowards(peer, config.listen.host),
    folderProblem,
    folderExposure,
    logDir: config.logDir,
    runDir: config.runDir,
    log,
  };
  const server: RpcServer = new RpcServer({
    credentials,
    dispatcher: createDispatcher(createHandlers(parts), fence),
    openConsole: (instance, kind) => openInstanceConsole(hypervisors.values(), instance, kind),
    log,
  });
  const port = await server.listen(config.listen.host, config.listen.port);
  const letGo = tendHypervisors(hypervisors.values(), clock, log);
  // The first probe may take seconds; better now than when a master asks.
  parts.probes().catch((error: unknown) => log.warn({ err: error }, 'hypervisors could not be probed'));
  log.info({ node: config.name, host: config.listen.host, port, term: fence.highest }, 'node agent listens');
  const close = async () => {
    await server.close();
    await letGo();
  };
  return { port, left, listens: () => server.listens(), close };
}

/** The built-in definitions come last, so that an operator's own of the same name wins. */
function realOs({ osSearchPath, logDir, runDir }: AgentConfig): OsPort {
  return createOsAdapter({ searchPath: [...osSearchPath, builtinOsDir], logDir, workDir: join(runDir, 'os') });
}

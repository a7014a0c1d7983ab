import { type Clock, GantryError, type Log, version } from '../base/index.ts';
import { builtDiskTemplates, type DiskTemplate, diskTemplateRow } from '../model/index.ts';
import type { InstanceSpec, NodeInfo, RpcDispatcher } from '../rpc/index.ts';
import { type Activation, memoryActivations } from './activations.ts';
import { createDispatcher } from './create-dispatcher.ts';
import { createHandlers } from './create-handlers.ts';
import { createMemoryFence } from './fence.ts';
import { createFakeHypervisor, type FakeHypervisorOptions } from './hypervisor/fake-hypervisor.ts';
import type { Hypervisor } from './hypervisor/hypervisor.ts';
import { memoryMonitorSettings } from './monitor-settings.ts';
import { createFakeNetwork, type FakeLinks } from './network/fake-network.ts';
import type { NodeParts } from './node-parts.ts';
import type { OsPort } from './os-port.ts';
import type { DiskTemplateAdapter } from './storage/disk-template.ts';
import { diskTemplatesOf } from './storage/disk-templates.ts';
import { createDisklessTemplate } from './storage/diskless-template.ts';
import { createFakeTemplate, type FakeDisk } from './storage/fake-template.ts';

/** What all nodes of a simulated cluster share. */
export interface SharedWorld {
  readonly disks: Map<string, FakeDisk>;
  readonly wire: NonNullable<FakeHypervisorOptions['wire']>;
}

/** What exists on a simulated node; it survives its agent. */
export interface NodeWorld {
  readonly uuid: string;
  readonly address: string;
  readonly machines: NonNullable<FakeHypervisorOptions['machines']>;
  readonly disks: Map<string, FakeDisk>;
  /** Device to the UUID of its instance. */
  readonly devices: Map<string, string>;
  readonly activations: Map<string, Activation>;
  readonly term: { term: number };
  /** Its bridges and switches; undefined: it has whatever is asked for. */
  links: FakeLinks | undefined;
  /** Names of instances whose guests do not stop when they are asked. */
  readonly deaf: Set<string>;
}

export interface SimulatedAgentOptions {
  readonly world: NodeWorld;
  readonly shared: SharedWorld;
  readonly hypervisor: InstanceSpec['hypervisor'];
  readonly memoryMib: number;
  readonly diskMib: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SimulatedAgent {
  readonly dispatcher: RpcDispatcher;
  /** From now on it does nothing any more; what it was doing stops at the next touch of the world. */
  kill(): void;
}

const nodeMemory = 512;
/** Certificates of simulated nodes are never renewed; seconds since 1970. */
const farFuture = 32_503_680_000;

export function createNodeWorld(uuid: string, index: number): NodeWorld {
  const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  return {
    uuid,
    address,
    machines: new Map(),
    disks: new Map(),
    devices: new Map(),
    activations: new Map(),
    term: { term: 0 },
    links: undefined,
    deaf: new Set(),
  };
}

/** An agent with the real handlers on a world that is fake. */
export async function createSimulatedAgent(options: SimulatedAgentOptions): Promise<SimulatedAgent> {
  const { world, log } = options;
  let dead = false;
  const living = <T extends object>(port: T): T => mortal(port, () => dead);
  const hypervisor = living(fakeHypervisorOf(options));
  const templates = builtDiskTemplates.map((name) => templateOf(name, options));
  const parts: NodeParts = {
    name: world.uuid,
    version,
    hypervisors: new Map([[hypervisor.name, hypervisor]]),
    diskTemplates: diskTemplatesOf(templates.map(living)),
    network: living(createFakeNetwork(world.devices, () => world.links)),
    os: living(fakeOs),
    host: async () => hostOf(options),
    probes: async () => probesOf(hypervisor),
    activations: living(memoryActivations(world.activations)),
    certificates: {
      request: async () => 'a simulated request',
      install: async () => ({ changed: true }),
      expires: () => farFuture,
      revoke: async () => ({ changed: true }),
      identity: () => ({ serial: '', list: '' }),
      needsRenewal: () => false,
    },
    monitorSettings: memoryMonitorSettings(),
    addressTowards: async () => world.address,
    folderProblem: async () => null,
    folderExposure: async () => null,
    log,
  };
  const dispatcher = createDispatcher(createHandlers(parts), await createMemoryFence(world.term));
  return {
    dispatcher,
    kill: () => {
      dead = true;
    },
  };
}

/** Every template that real nodes have. What is shared has the space of a thousand nodes. */
function templateOf(name: DiskTemplate, { world, shared, diskMib, clock }: SimulatedAgentOptions): DiskTemplateAdapter {
  const { reach } = diskTemplateRow(name);
  if (reach === 'none') return createDisklessTemplate();
  const place = reach === 'shared' ? { disks: shared.disks, capacity: 1000 * diskMib } : { disks: world.disks, capacity: diskMib };
  return createFakeTemplate({ name, clock, ...place });
}

function fakeHypervisorOf({ world, shared, hypervisor, clock }: SimulatedAgentOptions): Hypervisor {
  return createFakeHypervisor({
    name: hypervisor,
    machines: world.machines,
    wire: shared.wire,
    clock,
    obeys: ({ name }) => !world.deaf.has(name),
  });
}

function hostOf({ world, memoryMib }: SimulatedAgentOptions) {
  const used = [...world.machines.values()].reduce((sum, { request }) => sum + request.spec.memory, nodeMemory);
  const memoryAvailable = Math.max(0, memoryMib - used);
  return { bootId: `boot-${world.uuid}`, memoryTotal: memoryMib, memoryAvailable, cpuTotal: 16, cpuNodes: 1, cpuSockets: 1 };
}

async function probesOf(hypervisor: Hypervisor): Promise<NodeInfo['hypervisors']> {
  return { [hypervisor.name]: await hypervisor.probe() };
}

const fakeOs: OsPort = {
  list: async () => [
    { name: 'tiny', path: '/fake/os/tiny', valid: true, problem: null, api_versions: [20], variants: ['default'], parameters: [] },
  ],
  verifyParams: async ({ os }) => {
    if (os.split('+')[0] !== 'tiny') throw new GantryError('OS_UNKNOWN', { os, searched: '/fake/os', available: 'tiny' });
  },
  install: async ({ instance }, { progress }) => {
    progress({ text: `installing ${instance.os}`, fraction: 0.5 });
    return { log: `installed ${instance.os} on ${instance.name}` };
  },
};

/** A port whose methods never return once its owner is dead. */
function mortal<T extends object>(port: T, isDead: () => boolean): T {
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      // The part of a port that is a port itself, such as a capability.
      if (typeof value === 'object' && value !== null) return mortal(value, isDead);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => (isDead() ? new Promise(() => {}) : Reflect.apply(value, target, args));
    },
  });
}

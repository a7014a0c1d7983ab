import type { Log } from '../base/index.ts';
import type { InstanceSpec, NodeInfo } from '../rpc/index.ts';
import type { Activations } from './activations.ts';
import type { CertificateStore } from './certificate-store.ts';
import type { Hypervisor } from './hypervisor/hypervisor.ts';
import type { MonitorSettings } from './monitor-settings.ts';
import type { NetworkPort } from './network/network-port.ts';
import type { OsPort } from './os-port.ts';
import type { DiskTemplates } from './storage/disk-templates.ts';

/** What the kernel says of the host; MiB. */
export interface HostFacts {
  readonly bootId: string;
  readonly memoryTotal: number;
  /** What can be had without swapping. */
  readonly memoryAvailable: number;
  readonly cpuTotal: number;
  readonly cpuNodes: number;
  readonly cpuSockets: number;
}

/** Everything that the handlers of a node stand on: real adapters in an agent, fakes in a simulation. */
export interface NodeParts {
  readonly name: string;
  readonly version: string;
  readonly hypervisors: ReadonlyMap<InstanceSpec['hypervisor'], Hypervisor>;
  readonly diskTemplates: DiskTemplates;
  readonly network: NetworkPort;
  readonly os: OsPort;
  readonly host: () => Promise<HostFacts>;
  /** State of the hypervisors as last probed. */
  readonly probes: () => Promise<NodeInfo['hypervisors']>;
  readonly activations: Activations;
  readonly certificates: CertificateStore;
  readonly monitorSettings: MonitorSettings;
  /** The address of this node that another one reaches best. */
  readonly addressTowards: (peer: string) => Promise<string>;
  /** Problems of a folder that disks shall lie in; null when it is writable. */
  readonly folderProblem: (path: string) => Promise<string | null>;
  /** Mode of a folder of disks that others may list or write; null when only its owner may. */
  readonly folderExposure: (path: string) => Promise<string | null>;
  /** Where scripts and hypervisors write what they have to say; undefined where there are none. */
  readonly logDir?: string;
  /** Folder of run-time files; undefined where there is none. */
  readonly runDir?: string;
  readonly log: Log;
}

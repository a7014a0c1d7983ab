import type { JobPriority } from '../../execution/index.ts';
import type { DiskTemplate } from '../../model/disk-templates/catalogue.ts';
import type { LoadLimits } from '../../placement/index.ts';

/** The size of an instance that --standard-alloc and --tiered-alloc name. MiB. */
export interface RequestedSpec {
  readonly disk: number;
  readonly memory: number;
  readonly vcpus: number;
  readonly spindles: number;
}

/** Priorities of jobs, in words. */

/** What the options of a command line say, for all programs; each reads those it takes. */
export interface Settings {
  readonly acceptExisting: boolean;
  readonly capacityChecks: boolean;
  readonly diskMoves: boolean;
  readonly diskTemplate: DiskTemplate | undefined;
  readonly dryRun: boolean;
  readonly evacuate: boolean;
  readonly excludedInstances: readonly string[];
  readonly exclusionTags: readonly string[];
  readonly execute: boolean;
  readonly explain: boolean;
  readonly firstJobGroup: boolean;
  readonly force: boolean;
  readonly fullEvacuation: boolean;
  readonly group: string | undefined;
  readonly headers: boolean;
  readonly iallocatorFile: string | undefined;
  readonly ignoreLoad: boolean;
  readonly ignoreNonRedundant: boolean;
  readonly ignoreSoftErrors: boolean;
  readonly independentGroups: boolean;
  readonly instanceMoves: boolean;
  /** Seconds. */
  readonly jobDelay: number;
  readonly loadFile: string | undefined;
  readonly loadLimits: Partial<LoadLimits>;
  readonly locationFile: string | undefined;
  readonly locationTags: boolean;
  readonly luxiSocket: string | undefined;
  readonly machineReadable: boolean;
  readonly maxCpu: number | undefined;
  /** MiB. */
  readonly maxData: number | undefined;
  /** Negative: no limit. */
  readonly maxLength: number;
  readonly maxMoves: number | undefined;
  readonly memoryRatio: number | undefined;
  readonly minDisk: number;
  readonly minGain: number;
  readonly minGainLimit: number;
  readonly minResources: number;
  readonly minScore: number;
  /** Instances whose disks are mirrored by their nodes (DRBD) may be moved off nodes, too. */
  readonly mirrored: boolean;
  readonly monitor: boolean;
  readonly monitorCaFile: string | undefined;
  /** Folder. */
  readonly monitorCertificates: string | undefined;
  readonly monitorFile: string | undefined;
  /** Resident memory of KVM instances is asked for, too. */
  readonly monitorMemory: boolean;
  readonly monitorNeeded: boolean;
  readonly monitorPort: number | undefined;
  readonly monitorTokenFile: string | undefined;
  readonly monitorXen: boolean;
  readonly nodeTags: readonly string[] | undefined;
  readonly offlineMaintenance: boolean;
  readonly offlineNodes: readonly string[];
  readonly oneStepOnly: boolean;
  readonly optimise: boolean;
  readonly outputFolder: string;
  readonly outputFormat: 'text' | 'json';
  readonly pictureFile: string | undefined;
  /** `-`: standard output. */
  readonly printCommands: string | undefined;
  readonly printInstances: boolean;
  readonly printMoves: boolean;
  /** Fields; none: the usual ones; first `+`: the usual ones and more. */
  readonly printNodes: readonly string[] | undefined;
  readonly priority: JobPriority | undefined;
  readonly rapi: string | undefined;
  readonly rapiCaFile: string | undefined;
  readonly rapiCredentialsFile: string | undefined;
  readonly reason: string | undefined;
  readonly restrictedMigration: boolean;
  readonly restrictToNodes: readonly string[] | undefined;
  readonly saveFile: string | undefined;
  readonly seconds: number | undefined;
  readonly seed: number;
  readonly selectedInstances: readonly string[];
  readonly service: string | undefined;
  readonly simulated: readonly string[];
  readonly simulateRebalance: boolean;
  readonly skipNonRedundant: boolean;
  readonly spindleUse: number | undefined;
  readonly steps: number | undefined;
  readonly standardSpec: RequestedSpec | undefined;
  readonly staticKvmNodeMemory: number;
  readonly targetResources: number;
  readonly threads: number | undefined;
  readonly textFile: string | undefined;
  readonly tieredSpec: RequestedSpec | undefined;
  readonly usedMemoryFile: string | undefined;
  readonly verbosity: number;
  readonly writeRateFile: string | undefined;
}

/** Ganeti's defaults, from the man pages of its programs. */
export const defaultSettings: Settings = {
  acceptExisting: false,
  capacityChecks: true,
  diskMoves: true,
  diskTemplate: undefined,
  dryRun: false,
  evacuate: false,
  excludedInstances: [],
  exclusionTags: [],
  execute: false,
  explain: false,
  firstJobGroup: false,
  force: false,
  fullEvacuation: false,
  group: undefined,
  headers: true,
  iallocatorFile: undefined,
  ignoreLoad: false,
  ignoreNonRedundant: false,
  ignoreSoftErrors: false,
  independentGroups: false,
  instanceMoves: true,
  jobDelay: 10,
  loadFile: undefined,
  loadLimits: {},
  locationFile: undefined,
  locationTags: false,
  luxiSocket: undefined,
  machineReadable: false,
  maxCpu: undefined,
  maxData: undefined,
  maxLength: -1,
  maxMoves: undefined,
  memoryRatio: undefined,
  minDisk: 0,
  minGain: 1e-2,
  minGainLimit: 1e-1,
  minResources: 2,
  minScore: 1e-9,
  mirrored: false,
  monitor: false,
  monitorCaFile: undefined,
  monitorCertificates: undefined,
  monitorFile: undefined,
  monitorMemory: false,
  monitorNeeded: false,
  monitorPort: undefined,
  monitorTokenFile: undefined,
  monitorXen: false,
  nodeTags: undefined,
  offlineMaintenance: false,
  offlineNodes: [],
  oneStepOnly: false,
  optimise: false,
  outputFolder: '.',
  outputFormat: 'text',
  pictureFile: undefined,
  printCommands: undefined,
  printInstances: false,
  printMoves: false,
  printNodes: undefined,
  priority: undefined,
  rapi: undefined,
  rapiCaFile: undefined,
  rapiCredentialsFile: undefined,
  reason: undefined,
  restrictedMigration: false,
  restrictToNodes: undefined,
  saveFile: undefined,
  seconds: undefined,
  seed: 1,
  selectedInstances: [],
  service: undefined,
  simulated: [],
  simulateRebalance: true,
  skipNonRedundant: false,
  spindleUse: undefined,
  steps: undefined,
  standardSpec: undefined,
  staticKvmNodeMemory: 4096,
  targetResources: 2,
  textFile: undefined,
  threads: undefined,
  tieredSpec: undefined,
  usedMemoryFile: undefined,
  verbosity: 1,
  writeRateFile: undefined,
};

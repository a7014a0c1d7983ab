import type { OptionName } from './option-catalogue.ts';
import type { ProgramIo } from './program-io.ts';
import type { Settings } from './settings.ts';

/** One of the programs: what it takes, and how to get it. */
export interface HtoolsProgram {
  readonly summary: string;
  readonly options: readonly OptionName[];
  /** Arguments that are no options, in the words of Ganeti's --help-completion; undefined: there must not be any. */
  readonly args?: string;
  readonly load: () => Promise<ProgramModule>;
}

export interface ProgramModule {
  /** @returns the exit code */
  readonly run: (settings: Settings, args: readonly string[], io: ProgramIo) => Promise<number>;
}

/** All programs that are there, by name; options are in the order in which the help shows them. */
export const programs = {
  hbal: {
    summary: 'Balance a cluster: compute the moves that even out its load, print them, or carry them out',
    options: [
      'printNodes',
      'printInstances',
      'printCommands',
      'textFile',
      'evacuate',
      'restrictedMigration',
      'rapi',
      'luxi',
      'iallocatorFile',
      'execute',
      'firstJobGroup',
      'reason',
      'group',
      'maxLength',
      'verbose',
      'quiet',
      'offlineNode',
      'staticKvmNodeMemory',
      'minScore',
      'maxCpu',
      'minDisk',
      'minGain',
      'minGainLimit',
      'noDiskMoves',
      'selectedInstances',
      'noInstanceMoves',
      'ignoreSoftErrors',
      'loadFile',
      'ignoreLoad',
      'monitor',
      'monitorFile',
      'monitorNeeded',
      'monitorXen',
      'exclusionTags',
      'excludedInstances',
      'save',
      'priority',
    ],
    load: () => import('../programs/hbal.ts'),
  },
  hcheck: {
    summary: 'Judge the health of a cluster, and whether balancing it would help',
    options: [
      'textFile',
      'noDiskMoves',
      'loadFile',
      'ignoreLoad',
      'evacuate',
      'excludedInstances',
      'exclusionTags',
      'iallocatorFile',
      'noInstanceMoves',
      'luxi',
      'machineReadable',
      'maxCpu',
      'maxLength',
      'minDisk',
      'minGain',
      'minGainLimit',
      'minScore',
      'ignoreSoftErrors',
      'noSimulation',
      'offlineNode',
      'quiet',
      'rapi',
      'selectedInstances',
      'noCapacityChecks',
      'verbose',
    ],
    load: () => import('../programs/hcheck.ts'),
  },
  hinfo: {
    summary: 'Describe a cluster: its groups, nodes and instances, and its score',
    options: [
      'printNodes',
      'printInstances',
      'textFile',
      'rapi',
      'luxi',
      'iallocatorFile',
      'verbose',
      'quiet',
      'offlineNode',
      'ignoreLoad',
      'monitor',
      'monitorFile',
      'staticKvmNodeMemory',
    ],
    load: () => import('../programs/hinfo.ts'),
  },
  hroller: {
    summary: 'Plan in which groups the nodes of a cluster can reboot',
    options: [
      'luxi',
      'rapi',
      'textFile',
      'iallocatorFile',
      'offlineNode',
      'offlineMaintenance',
      'verbose',
      'quiet',
      'noHeaders',
      'nodeTags',
      'save',
      'group',
      'printMoves',
      'fullEvacuation',
      'skipNonRedundant',
      'ignoreNonRedundant',
      'force',
      'oneStepOnly',
      'staticKvmNodeMemory',
      'location',
    ],
    load: () => import('../programs/hroller.ts'),
  },
  hscan: {
    summary: 'Collect the data of clusters over their REST interface or LUXI into files for the other programs',
    options: ['printNodes', 'outputFolder', 'luxi', 'verbose', 'noHeaders', 'staticKvmNodeMemory'],
    args: 'host 0 none',
    load: () => import('../programs/hscan.ts'),
  },
  hsqueeze: {
    summary: 'Tell which nodes of a cluster can be switched off, or must be switched on, for its load',
    options: [
      'luxi',
      'textFile',
      'rapi',
      'execute',
      'minResources',
      'targetResources',
      'save',
      'printCommands',
      'verbose',
      'noHeaders',
      'staticKvmNodeMemory',
      'mirrored',
      'location',
      'loadFile',
      'ignoreLoad',
      'monitor',
      'monitorFile',
      'monitorNeeded',
      'monitorXen',
      'cpuLimits',
      'memoryLimits',
      'output',
    ],
    load: () => import('../programs/hsqueeze.ts'),
  },
} satisfies Record<string, HtoolsProgram>;

export type ProgramName = keyof typeof programs;

export const isProgram = (name: string): name is ProgramName => Object.hasOwn(programs, name);

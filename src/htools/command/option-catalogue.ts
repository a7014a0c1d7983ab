import { diskTemplates } from '../../model/disk-templates/catalogue.ts';
import { defaultLuxiSocket } from '../sources/luxi/luxi-client.ts';
import { flag, type HtoolsOption, optional, valued } from './option.ts';
import {
  readDiskTemplate,
  readFormat,
  readInteger,
  readList,
  readPriority,
  readReal,
  readSpec,
  readThresholds,
  readYesNo,
  refuseValue,
} from './option-values.ts';

/**
 * Every option of Ganeti's htools (source: their man pages and --help-completion). Which program takes which is in
 * `programs`.
 */
export const optionCatalogue = {
  acceptExisting: flag('accept-existing-errors', 'accept existing N+1 failures, but add none', { acceptExisting: true }),
  allocationNodes: valued('restrict-allocation-to', 'NODE,...', 'manynodes', 'place new instances on these nodes only', (text) => ({
    restrictToNodes: readList(text),
  })),
  cpuLimits: valued(
    'cpu-limits',
    'ON,OFF',
    'string',
    'busy fraction of processors: switch nodes on above ON, off only below OFF',
    (text, { loadLimits }) => ({
      loadLimits: { ...loadLimits, cpu: readThresholds('cpu limits', text) },
    }),
  ),
  diskTemplate: valued('disk-template', 'TEMPLATE', `choices=${[...diskTemplates].join(',')}`, 'disk template to use', (text) => ({
    diskTemplate: readDiskTemplate(text),
  })),
  dryRun: flag('dry-run', 'only print what would be done', { dryRun: true }),
  evacuate: flag(['E', 'evac-mode'], 'only move instances off nodes that are offline or drained', { evacuate: true }),
  excludedInstances: valued('exclude-instances', 'INSTS', 'manyinstances', 'never move these instances', (text) => ({
    excludedInstances: readList(text),
  })),
  exclusionTags: valued('exclusion-tags', 'TAG,...', 'string', 'keep instances apart that share a tag with this prefix', (text) => ({
    exclusionTags: readList(text),
  })),
  execute: flag(['X', 'exec'], 'submit the moves as jobs; needs -L, or -m with --rapi-ca', { execute: true }),
  explain: flag('explain', 'tell why instances cannot be placed or moved, and on how many nodes', { explain: true }),
  firstJobGroup: flag('first-job-group', 'stop after the first set of jobs', { firstJobGroup: true }),
  force: flag(['f', 'force'], 'continue despite warnings', { force: true }),
  fullEvacuation: flag('full-evacuation', 'empty the nodes completely before they reboot', { fullEvacuation: true }),
  group: valued(['G', 'group'], 'ID', 'onegroup', 'node group to work on, by name or UUID', (text) => ({ group: text })),
  iallocatorFile: valued(['I', 'ialloc-src'], 'FILE', 'file', 'read the cluster from a request to an iallocator', (text) => ({
    iallocatorFile: text,
  })),
  ignoreLoad: flag('ignore-dynu', 'assume that no instance has any load', { ignoreLoad: true }),
  ignoreNonRedundant: flag('ignore-non-redundant', 'ignore instances without a second copy of their disks', {
    ignoreNonRedundant: true,
  }),
  ignoreSoftErrors: flag('ignore-soft-errors', 'allow moves against policies and N+1', { ignoreSoftErrors: true }),
  independentGroups: flag('independent-groups', 'handle each group separately', { independentGroups: true }),
  jobDelay: valued('job-delay', 'SECONDS', 'float', 'wait this long before the first repair', (text) => ({
    jobDelay: readReal('job delay', text),
  })),
  loadFile: valued(['U', 'dynu-file'], 'FILE', 'file', 'read the load of instances from a file', (text) => ({ loadFile: text })),
  location: valued('location', 'FILE', 'file', 'respect the rules of location in this file', (text) => ({ locationFile: text })),
  locationTags: flag('location-from-tags', "use Ganeti's tags as rules of location (always so with --location)", {
    locationTags: true,
  }),
  luxi: optional(['L', 'luxi'], 'SOCKET', 'file', `query the master daemon at this socket [${defaultLuxiSocket}]`, (text) => ({
    luxiSocket: text ?? defaultLuxiSocket,
  })),
  machineReadable: optional('machine-readable', 'CHOICE', 'choices=yes,no', 'print for programs (yes, the default, or no)', (text) => ({
    machineReadable: readYesNo(text),
  })),
  maxCpu: valued('max-cpu', 'RATIO', 'float', 'maximum of virtual processors per physical one [from the policy]', (text) => {
    const maxCpu = readReal('parsing max-cpu', text);
    return maxCpu > 0 ? { maxCpu } : refuseValue('Invalid value of the max-cpu ratio, expected >0');
  }),
  maxLength: valued(['l', 'max-length'], 'N', 'integer', 'stop after this many moves or allocations', (text) => ({
    maxLength: readInteger('max solution length', text),
  })),
  maxData: valued('max-data', 'GIB', 'float', 'with --optimize: copy at most this amount of disk data', (text) => {
    const maxData = readReal('max data', text);
    return maxData >= 0 ? { maxData: maxData * 1024 } : refuseValue('Invalid amount of data, expected >=0');
  }),
  maxMoves: valued('max-moves', 'N', 'integer', 'with --optimize: make at most this many moves', (text) => {
    const maxMoves = readInteger('max moves', text);
    return maxMoves >= 0 ? { maxMoves } : refuseValue('Invalid number of moves, expected >=0');
  }),
  memoryLimits: valued('memory-limits', 'ON,OFF', 'string', 'the same for memory in use', (text, { loadLimits }) => ({
    loadLimits: { ...loadLimits, memory: readThresholds('memory limits', text) },
  })),
  memoryRatio: valued(
    'memory-ratio',
    'RATIO',
    'float',
    'maximum of instance memory per node memory; over 1 allows over-commitment [from the policy]',
    (text) => {
      const memoryRatio = readReal('memory ratio', text);
      return memoryRatio >= 1 ? { memoryRatio } : refuseValue('Invalid value of the memory ratio, expected >=1');
    },
  ),
  minDisk: valued('min-disk', 'RATIO', 'float', 'part of each disk to keep free, 0 to 1 [0]', (text) => ({
    minDisk: readReal('min free disk space', text),
  })),
  minGain: valued(['g', 'min-gain'], 'DELTA', 'float', 'stop when a move gains less than this', (text) => ({
    minGain: readReal('min gain', text),
  })),
  minGainLimit: valued('min-gain-limit', 'SCORE', 'float', 'apply --min-gain only when the score is below this', (text) => ({
    minGainLimit: readReal('min gain limit', text),
  })),
  minResources: valued('minimal-resources', 'FACTOR', 'float', 'a node is switched on when fewer standard instances fit', (text) => ({
    minResources: readReal('minimal resources', text),
  })),
  minScore: valued(['e', 'min-score'], 'EPSILON', 'float', 'stop when the score is this close to the best possible one', (text) => ({
    minScore: readReal('min score', text),
  })),
  mirrored: flag('drbd', 'move instances with mirrored disks, too', { mirrored: true }),
  monitor: optional('mond', 'CHOICE', 'choices=yes,no', 'query the monitoring daemons of all nodes (yes, the default, or no)', (text) => ({
    monitor: readYesNo(text),
  })),
  monitorCa: valued(
    'mond-ca',
    'FILE',
    'file',
    'query the monitoring daemons over HTTPS, and only those whose certificate this file confirms',
    (text) => ({
      monitorCaFile: text,
    }),
  ),
  monitorCertificates: valued(
    'mond-certificates',
    'FOLDER',
    'dir',
    'query them as the node whose node.key, node.crt and ca.crt are here, such as /var/lib/gantry/node',
    (text) => ({ monitorCertificates: text }),
  ),
  monitorFile: valued('mond-data', 'FILE', 'file', 'read the answers of the monitoring daemons from a file', (text) => ({
    monitorFile: text,
  })),
  monitorMemory: flag('mond-kvm-rss', 'also use the collectors for the memory that KVM instances use', {
    monitorMemory: true,
  }),
  monitorNeeded: flag('exit-on-missing-mond-data', 'stop when data of a monitoring daemon are missing', { monitorNeeded: true }),
  monitorPort: valued('mond-port', 'PORT', 'integer', 'port of the monitoring daemons [1815]', (text) => {
    const monitorPort = readInteger('mond port', text);
    return monitorPort > 0 && monitorPort < 65_536 ? { monitorPort } : refuseValue('Invalid port, expected 1 to 65535');
  }),
  monitorToken: valued('mond-token', 'FILE', 'file', 'send the token in this file to the monitoring daemons', (text) => ({
    monitorTokenFile: text,
  })),
  monitorXen: flag('mond-xen', 'use the collectors for Xen too', { monitorXen: true }),
  noCapacityChecks: flag('no-capacity-checks', 'skip global N+1 and similar checks', { capacityChecks: false }),
  noDiskMoves: flag('no-disk-moves', 'copy no disks: only migrate and fail over', { diskMoves: false }),
  noHeaders: flag('no-headers', 'print no heading', { headers: false }),
  noInstanceMoves: flag('no-instance-moves', 'leave instances where they run: only change secondary nodes', { instanceMoves: false }),
  noSimulation: flag('no-simulation', 'do not simulate balancing', { simulateRebalance: false }),
  nodeTags: valued('node-tags', 'TAG,...', 'string', 'only nodes with one of these tags', (text) => ({ nodeTags: readList(text) })),
  optimise: flag('optimize', 'search beyond single moves, for a limited time', { optimise: true }),
  offlineMaintenance: flag('offline-maintenance', 'plan as if all instances were shut down', { offlineMaintenance: true }),
  offlineNode: valued(['O', 'offline'], 'NODE', 'onenode', 'treat this node as offline; may be repeated', (text, { offlineNodes }) => ({
    offlineNodes: [text, ...offlineNodes],
  })),
  oneStepOnly: flag('one-step-only', 'only print the first step', { oneStepOnly: true }),
  output: valued('output', 'FORMAT', 'choices=text,json', 'print text, or the whole plan as JSON', (text) => ({
    outputFormat: readFormat(text),
  })),
  outputFolder: valued(['d', 'output-dir'], 'PATH', 'dir', 'folder for the files', (text) => ({ outputFolder: text })),
  printCommands: optional(['C', 'print-commands'], 'FILE', 'none', 'print the commands for the moves, or write them to a file', (text) => ({
    printCommands: text ?? '-',
  })),
  printInstances: flag('print-instances', 'print all instances with their nodes', { printInstances: true }),
  printMoves: flag('print-moves', 'print where the instances go', { printMoves: true }),
  printNodes: optional(
    ['p', 'print-nodes'],
    'FIELDS',
    'none',
    'print all nodes; with FIELDS instead of the default ones, or +FIELDS in addition',
    (text = '') => ({
      printNodes: text.startsWith('+') ? ['+', ...readList(text.slice(1))] : readList(text),
    }),
  ),
  priority: valued('priority', 'PRIO', 'choices=low,normal,high', 'priority of the jobs', (text) => ({ priority: readPriority(text) })),
  quiet: flag(['q', 'quiet'], 'print less; may be repeated', ({ verbosity }) => ({ verbosity: verbosity - 1 })),
  rapi: valued(['m', 'master'], 'ADDRESS', 'host', 'query the REST interface of the cluster at this address', (text) => ({ rapi: text })),
  rapiCa: valued('rapi-ca', 'FILE', 'file', 'accept only REST servers whose certificate this file confirms', (text) => ({
    rapiCaFile: text,
  })),
  rapiCredentials: valued('rapi-credentials', 'FILE', 'file', 'take user:password for the REST interface from this file', (text) => ({
    rapiCredentialsFile: text,
  })),
  reason: valued('reason', 'REASON', 'none', 'reason to record with the jobs', (text) => ({ reason: text })),
  restrictedMigration: flag('restricted-migration', 'do not move instances to a third node through the secondary one', {
    restrictedMigration: true,
  }),
  save: valued(['S', 'save'], 'FILE', 'none', 'write the cluster to files with this name and a suffix', (text) => ({ saveFile: text })),
  seconds: valued('seconds', 'N', 'float', 'with --optimize: search for this long [10]', (text) => {
    const seconds = readReal('seconds', text);
    return seconds > 0 ? { seconds } : refuseValue('Invalid time, expected >0');
  }),
  seed: valued('seed', 'N', 'integer', 'with --optimize: seed of the random numbers [1]', (text) => ({
    seed: readInteger('seed', text),
  })),
  selectedInstances: valued('select-instances', 'INSTS', 'manyinstances', 'move only these instances', (text) => ({
    selectedInstances: readList(text),
  })),
  service: valued('service', 'NAME', 'string', 'count the new instances as members of this service of the location file', (text) => ({
    service: text,
  })),
  simulate: valued(
    'simulate',
    'SPEC',
    'string',
    "an empty group: 'policy,nodes,disk,memory,cpus'; may be repeated",
    (text, { simulated }) => ({
      simulated: [text, ...simulated],
    }),
  ),
  searchSteps: valued('steps', 'N', 'integer', 'with --optimize: search for this many steps, the same each time', (text) => {
    const steps = readInteger('steps', text);
    return steps > 0 ? { steps } : refuseValue('Invalid number of steps, expected >0');
  }),
  skipNonRedundant: flag('skip-non-redundant', 'skip nodes with instances that have no second copy', { skipNonRedundant: true }),
  spindleUse: valued('spindle-use', 'SPINDLES', 'float', 'spindles that an instance uses [from the policy]', (text) => {
    const spindleUse = readInteger('parsing spindle-use', text);
    return spindleUse >= 0 ? { spindleUse } : refuseValue('Invalid value of the spindle-use (expected >= 0)');
  }),
  standardSpec: valued('standard-alloc', 'STDSPEC', 'string', "count instances of one size, 'disk,memory,cpus'", (text) => ({
    standardSpec: readSpec('standard', text),
  })),
  staticKvmNodeMemory: valued('static-kvm-node-memory', 'N', 'integer', 'MiB that a KVM node itself uses; 0: as reported', (text) => ({
    staticKvmNodeMemory: readInteger('static node memory', text),
  })),
  targetResources: valued(
    'target-resources',
    'FACTOR',
    'float',
    'number of standard instances for which space is kept on each node',
    (text) => ({
      targetResources: readReal('target resources', text),
    }),
  ),
  svg: valued('svg', 'FILE', 'file', 'draw domains, nodes and instances before and after into this file', (text) => ({
    pictureFile: text,
  })),
  textFile: valued(['t', 'text-data'], 'FILE', 'file', 'read the cluster from a file', (text) => ({ textFile: text })),
  threads: valued('threads', 'N', 'integer', 'with --optimize: search on this many processors [all]', (text) => {
    const threads = readInteger('threads', text);
    return threads > 0 ? { threads } : refuseValue('Invalid number of threads, expected >0');
  }),
  tieredSpec: valued('tiered-alloc', 'TSPEC', 'string', "count instances from this size downwards, 'disk,memory,cpus'", (text) => ({
    tieredSpec: readSpec('tiered', text),
  })),
  usedMemory: valued('used-memory', 'FILE', 'file', 'read the memory in use of each instance (MiB) from a file', (text) => ({
    usedMemoryFile: text,
  })),
  verbose: flag(['v', 'verbose'], 'print more; may be repeated', ({ verbosity }) => ({ verbosity: verbosity + 1 })),
  writeRates: valued(
    'write-rates',
    'FILE',
    'file',
    'read from a file how much each instance writes (MiB/s), for the links that mirrors use',
    (text) => ({
      writeRateFile: text,
    }),
  ),
} satisfies Record<string, HtoolsOption>;

export type OptionName = keyof typeof optionCatalogue;

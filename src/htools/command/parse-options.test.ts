import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLuxiSocket } from '../sources/luxi/luxi-client.ts';
import { expectError } from '../sources/testing/expect-error.ts';
import { type OptionName, optionCatalogue } from './option-catalogue.ts';
import { parseOptions } from './parse-options.ts';
import { programs } from './programs.ts';
import { defaultSettings } from './settings.ts';

/** It takes every option. */
const program = { ...programs.hbal, options: Object.keys(optionCatalogue) as OptionName[] };
const changed = (...words: string[]) => {
  const entries = Object.entries(parseOptions(program, words).settings);
  return Object.fromEntries(entries.filter(([name, value]) => value !== defaultSettings[name as keyof typeof defaultSettings]));
};
const refused = (problem: RegExp, ...words: string[]) =>
  expectError(async () => parseOptions(program, words), 'HTOOLS_OPTION_VALUE', problem);
const malformed = (problem: RegExp, ...words: string[]) =>
  expectError(async () => parseOptions(program, words), 'HTOOLS_OPTIONS_INVALID', problem);

const switches = [
  ['accept-existing-errors', { acceptExisting: true }],
  ['dry-run', { dryRun: true }],
  ['evac-mode', { evacuate: true }],
  ['exec', { execute: true }],
  ['explain', { explain: true }],
  ['first-job-group', { firstJobGroup: true }],
  ['force', { force: true }],
  ['full-evacuation', { fullEvacuation: true }],
  ['ignore-dynu', { ignoreLoad: true }],
  ['ignore-non-redundant', { ignoreNonRedundant: true }],
  ['ignore-soft-errors', { ignoreSoftErrors: true }],
  ['independent-groups', { independentGroups: true }],
  ['location-from-tags', { locationTags: true }],
  ['drbd', { mirrored: true }],
  ['mond-kvm-rss', { monitorMemory: true }],
  ['exit-on-missing-mond-data', { monitorNeeded: true }],
  ['mond-xen', { monitorXen: true }],
  ['no-capacity-checks', { capacityChecks: false }],
  ['no-disk-moves', { diskMoves: false }],
  ['no-headers', { headers: false }],
  ['no-instance-moves', { instanceMoves: false }],
  ['no-simulation', { simulateRebalance: false }],
  ['optimize', { optimise: true }],
  ['offline-maintenance', { offlineMaintenance: true }],
  ['one-step-only', { oneStepOnly: true }],
  ['print-instances', { printInstances: true }],
  ['print-moves', { printMoves: true }],
  ['restricted-migration', { restrictedMigration: true }],
  ['skip-non-redundant', { skipNonRedundant: true }],
  ['quiet', { verbosity: 0 }],
  ['verbose', { verbosity: 2 }],
] as const;

const valued = [
  ['restrict-allocation-to', 'a,b', { restrictToNodes: ['a', 'b'] }],
  ['cpu-limits', '0.5,0.25', { loadLimits: { cpu: { on: 0.5, off: 0.25 } } }],
  ['memory-limits', '1,0', { loadLimits: { memory: { on: 1, off: 0 } } }],
  ['cpu-limits', '0.5,0.5', { loadLimits: { cpu: { on: 0.5, off: 0.5 } } }],
  ['disk-template', 'plain', { diskTemplate: 'plain' }],
  ['exclude-instances', '', { excludedInstances: [] }],
  ['exclude-instances', 'a', { excludedInstances: ['a'] }],
  ['exclusion-tags', 'a,b', { exclusionTags: ['a', 'b'] }],
  ['group', 'g', { group: 'g' }],
  ['ialloc-src', 'f', { iallocatorFile: 'f' }],
  ['job-delay', '1.5', { jobDelay: 1.5 }],
  ['dynu-file', 'f', { loadFile: 'f' }],
  ['location', 'f', { locationFile: 'f' }],
  ['max-cpu', '0.5', { maxCpu: 0.5 }],
  ['max-length', '5', { maxLength: 5 }],
  ['max-data', '1.5', { maxData: 1536 }],
  ['max-data', '0', { maxData: 0 }],
  ['max-moves', '0', { maxMoves: 0 }],
  ['memory-ratio', '1', { memoryRatio: 1 }],
  ['min-disk', '0.25', { minDisk: 0.25 }],
  ['min-gain', '3', { minGain: 3 }],
  ['min-gain-limit', '-2e1', { minGainLimit: -20 }],
  ['minimal-resources', '3', { minResources: 3 }],
  ['min-score', '4', { minScore: 4 }],
  ['mond-ca', 'f', { monitorCaFile: 'f' }],
  ['mond-certificates', 'd', { monitorCertificates: 'd' }],
  ['mond-data', 'f', { monitorFile: 'f' }],
  ['mond-port', '1', { monitorPort: 1 }],
  ['mond-port', '65535', { monitorPort: 65_535 }],
  ['mond-token', 'f', { monitorTokenFile: 'f' }],
  ['node-tags', 'a,b', { nodeTags: ['a', 'b'] }],
  ['output', 'json', { outputFormat: 'json' }],
  ['output-dir', 'd', { outputFolder: 'd' }],
  ['priority', 'high', { priority: 'high' }],
  ['master', 'h', { rapi: 'h' }],
  ['rapi-ca', 'f', { rapiCaFile: 'f' }],
  ['rapi-credentials', 'f', { rapiCredentialsFile: 'f' }],
  ['reason', 'r s', { reason: 'r s' }],
  ['save', 'f', { saveFile: 'f' }],
  ['seconds', '0.5', { seconds: 0.5 }],
  ['seed', '0x1F', { seed: 31 }],
  ['seed', '-0x10', { seed: -16 }],
  ['seed', ' -7', { seed: -7 }],
  ['seed', '010', { seed: 10 }],
  ['select-instances', 'a,b', { selectedInstances: ['a', 'b'] }],
  ['service', 's', { service: 's' }],
  ['steps', '1', { steps: 1 }],
  ['spindle-use', '0', { spindleUse: 0 }],
  ['standard-alloc', '1g,512m,2', { standardSpec: { disk: 1024, memory: 512, vcpus: 2, spindles: 1 } }],
  ['tiered-alloc', '1g,1t,2,3', { tieredSpec: { disk: 1024, memory: 1_048_576, vcpus: 2, spindles: 3 } }],
  ['static-kvm-node-memory', '0', { staticKvmNodeMemory: 0 }],
  ['target-resources', '1.5', { targetResources: 1.5 }],
  ['svg', 'f', { pictureFile: 'f' }],
  ['text-data', 'f', { textFile: 'f' }],
  ['threads', '1', { threads: 1 }],
  ['used-memory', 'f', { usedMemoryFile: 'f' }],
  ['write-rates', 'f', { writeRateFile: 'f' }],
] as const;

test('switches change one setting each', () => {
  for (const [name, settings] of switches) assert.deepEqual(changed(`--${name}`), settings, name);
});

test('options with a value keep it, whether it is joined or comes next', () => {
  for (const [name, value, settings] of valued) {
    assert.deepEqual(changed(`--${name}=${value}`), settings, name);
    assert.deepEqual(changed(`--${name}`, value), settings, name);
  }
  assert.deepEqual(changed('--reason=a=b'), { reason: 'a=b' });
  assert.deepEqual(changed('--cpu-limits=1,0', '--memory-limits=1,1'), {
    loadLimits: { cpu: { on: 1, off: 0 }, memory: { on: 1, off: 1 } },
  });
  assert.deepEqual(changed('-O', 'a', '-Ob', '--offline=c').offlineNodes, ['c', 'b', 'a']);
  assert.deepEqual(changed('--simulate=a', '--simulate=b').simulated, ['b', 'a']);
});

test('a value that may be left out is taken only when it is joined', () => {
  assert.deepEqual(changed('--luxi'), { luxiSocket: defaultLuxiSocket });
  assert.deepEqual(changed('-Ls'), { luxiSocket: 's' });
  assert.deepEqual(parseOptions(program, ['-L', 's']).args, ['s']);
  assert.deepEqual(changed('--print-commands'), { printCommands: '-' });
  assert.deepEqual(changed('-Cf'), { printCommands: 'f' });
  assert.deepEqual(changed('-p'), { printNodes: [] });
  assert.deepEqual(changed('-pa,b'), { printNodes: ['a', 'b'] });
  assert.deepEqual(changed('--print-nodes=+a,b'), { printNodes: ['+', 'a', 'b'] });
  assert.deepEqual(changed('--machine-readable'), { machineReadable: true });
  assert.deepEqual(changed('--machine-readable=yes', '--mond=yes'), { machineReadable: true, monitor: true });
  assert.deepEqual(changed('--machine-readable=yes', '--machine-readable=no'), {});
});

test('switches are joined, arguments stand anywhere, long names may be cut short', () => {
  assert.deepEqual(changed('-vvXl5'), { verbosity: 3, execute: true, maxLength: 5 });
  assert.deepEqual(changed('-Xl', '5'), { execute: true, maxLength: 5 });
  const { settings, args, question } = parseOptions(program, ['a', '-q', '-', 'b', '--', '-v', '--', 'c']);
  assert.deepEqual([settings.verbosity, args, question], [0, ['a', '-', 'b', '-v', '--', 'c'], undefined]);
  assert.deepEqual(changed('--accept', '--max-l=7', '--min-gain=1'), { acceptExisting: true, maxLength: 7, minGain: 1 });
  for (const [word, asked] of [
    ['--help', 'help'],
    ['-h', 'help'],
    ['--version', 'version'],
    ['-V', 'version'],
    ['--help-completion', 'help-completion'],
  ] as const)
    assert.equal(parseOptions(program, [word]).question, asked, word);
  assert.equal(parseOptions(program, ['-V', '-h']).question, 'help');
});

test('what has the wrong form is told, all of it at once', async () => {
  await malformed(/unrecognized option `--nosuch'\nunrecognized option `-z'/, '--nosuch=1', '-vz');
  await malformed(
    /option `--print-' is ambiguous; could be one of: --print-commands --print-instances --print-moves --print-nodes/,
    '--print-',
  );
  await malformed(/option `--force' doesn't allow an argument/, '--force=1');
  await malformed(/option `--reason' requires an argument REASON/, '--reason');
  await malformed(/option `-l' requires an argument N/, '-vl');
});

test('what has the wrong value is told', async () => {
  for (const word of ['--max-cpu=0', '--max-cpu=-1']) await refused(/Invalid value of the max-cpu ratio, expected >0/, word);
  await refused(/Invalid amount of data, expected >=0/, '--max-data=-0.5');
  await refused(/Invalid number of moves, expected >=0/, '--max-moves=-1');
  await refused(/Invalid value of the memory ratio, expected >=1/, '--memory-ratio=0.99');
  for (const port of ['0', '65536']) await refused(/Invalid port, expected 1 to 65535/, `--mond-port=${port}`);
  await refused(/Invalid time, expected >0/, '--seconds=0');
  await refused(/Invalid number of steps, expected >0/, '--steps=0');
  await refused(/Invalid number of threads, expected >0/, '--threads=0');
  await refused(/Invalid value of the spindle-use/, '--spindle-use=-1');
  await refused(/max solution length: cannot parse string 'x'/, '--max-length=x');
  await refused(/max solution length: leftover characters when parsing '5x': 'x'/, '--max-length=5x');
  await refused(/min score: leftover characters when parsing '1\.': '\.'/, '--min-score=1.');
  await refused(/Invalid choice 'maybe', pass one of 'yes' or 'no'/, '--mond=maybe');
  await refused(/Unknown priority 'urgent'/, '--priority=urgent');
  await refused(/Unknown output format 'xml'/, '--output=xml');
  await refused(/'tape' is not a disk template: use one of .*plain/, '--disk-template=tape');
  for (const limits of ['1', '0.1,0.2', '1,0,0', '1,-0.1'])
    await refused(/cpu limits: '.*' is not two numbers ON,OFF/, `--cpu-limits=${limits}`);
  for (const spec of ['', '1g', '1g,1g', '1g,1g,1,1,1'])
    await refused(/Invalid standard specification: '.*', expected disk,ram,cpu/, `--standard-alloc=${spec}`);
  await refused(/tiered specs memory: 'much' is not a size/, '--tiered-alloc=1g,much,1');
  await refused(/tiered specs disk: 'much' is not a size/, '--tiered-alloc=much,1g,1');
  await refused(/tiered specs cpus: cannot parse string 'x'/, '--tiered-alloc=1g,1g,x');
  await refused(/tiered specs spindles: cannot parse string 'x'/, '--tiered-alloc=1g,1g,1,x');
});

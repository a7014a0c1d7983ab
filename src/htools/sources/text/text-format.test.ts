import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ErrorCode } from '../../../base/index.ts';
import { diskTemplates } from '../../../model/disk-templates/catalogue.ts';
import { type ClusterData, defaultPolicy, noNode } from '../../../placement/index.ts';
import { allocPolicies } from '../alloc-policies.ts';
import { instanceStatuses } from '../instance-statuses.ts';
import { dataText } from '../testing/data-file.ts';
import { expectError } from '../testing/expect-error.ts';
import { formatText } from './format-text.ts';
import { parseText } from './parse-text.ts';

const policy = '|128,1,1024,1,1,1|128,1,512,1,1,1;1024,8,1048576,16,8,12|drbd,plain|4.0|32.0\n';
const group = 'g1|uuid-1|preferred||\n';
const node = 'n1|1000|100|900|2000|2000|4|N|uuid-1|1||N|0|1|1.0\n';
const file = (groups: string, nodes: string, instances = '', tags = '', policies = policy) =>
  [groups, nodes, instances, tags, policies].join('\n');
const nodeOf = (line: string) => parseText(file(group, `${line}\n`), 'x').nodes[0];
const instanceOf = (line: string) => parseText(file(group, node, `${line}\n`), 'x').instances[0];

for (const name of ['hscan.data', 'rapi/oracle.data', 'luxi-oracle.data', 'hbal-forth.data']) {
  test(`${name}, as Ganeti wrote it, is written back byte for byte`, () => {
    const text = dataText(name);
    assert.equal(formatText(parseText(text, name)), text);
  });
}

test('columns mean what they should', () => {
  const cluster = parseText(dataText('hscan.data'), 'hscan.data');
  assert.deepEqual(cluster.tags, ['htools:iextags:service', 'prod']);
  assert.deepEqual(
    cluster.groups.map(({ name, tags }) => [name, tags]),
    [
      ['default', []],
      ['rack2', ['zone:b']],
    ],
  );
  assert.deepEqual(cluster.nodes[1], {
    name: 'node2',
    group: 0,
    totalMemory: 24_105,
    nodeMemory: 506,
    freeMemory: 20_937,
    totalDisk: 258_019,
    freeDisk: 73_195,
    totalCpu: 2,
    nodeCpu: 2,
    cpuSpeed: 1,
    offline: false,
    master: false,
    totalSpindles: 1,
    freeSpindles: 0,
    exclusiveStorage: false,
    tags: ['rack:a'],
  });
  assert.equal(cluster.nodes[0]?.master, true);
  assert.equal(cluster.nodes[3]?.group, 1);
  assert.deepEqual(cluster.instances[1], {
    name: 'inst2.r5.test',
    memory: 512,
    disk: 256,
    disks: [{ size: 256, spindles: undefined }],
    vcpus: 2,
    status: 'running',
    autoBalance: true,
    primary: 0,
    secondary: noNode,
    diskTemplate: 'sharedfile',
    spindleUse: 1,
    tags: ['owner:alice', 'service:web'],
    nics: [],
    forthcoming: false,
  });
  assert.equal(cluster.instances[3]?.status, 'ADMIN_down');
  assert.equal(cluster.groups[1]?.ipolicy.ranges[0]?.max.memory, 32_768);
  assert.deepEqual(cluster.ipolicy.diskTemplates, ['file', 'diskless', 'sharedfile']);
});

test('older formats with fewer columns get the usual values', () => {
  const nine = nodeOf('n1|1000|100|900|2000|1500|4|Y|uuid-1');
  assert.deepEqual(nine, {
    name: 'n1',
    group: 0,
    totalMemory: 1000,
    nodeMemory: 100,
    freeMemory: 900,
    totalDisk: 2000,
    freeDisk: 1500,
    totalCpu: 4,
    nodeCpu: 1,
    cpuSpeed: 1,
    offline: true,
    master: false,
    totalSpindles: 1,
    freeSpindles: 0,
    exclusiveStorage: false,
    tags: [],
  });
  const columns = ['3', 'a,b', 'Y', '2', '5', '0.5'];
  const expected = [
    { totalSpindles: 3 },
    { tags: ['a', 'b'] },
    { exclusiveStorage: true },
    { freeSpindles: 2 },
    { nodeCpu: 5 },
    { cpuSpeed: 0.5 },
  ];
  columns.forEach((_, i) => {
    const line = ['n1|1000|100|900|2000|1500|4|Y|uuid-1', ...columns.slice(0, i + 1)].join('|');
    assert.deepEqual(nodeOf(line), Object.assign({}, nine, ...expected.slice(0, i + 1)));
  });
  const ten = instanceOf('i1|10|20|1|running|N|n1||plain|t');
  assert.deepEqual([ten?.spindleUse, ten?.disks[0]?.spindles, ten?.forthcoming], [1, undefined, false]);
  const more = instanceOf('i1|10|20|1|running|N|n1||plain|t|4|7|Y|ignored');
  assert.deepEqual([more?.spindleUse, more?.disks[0]?.spindles, more?.forthcoming, more?.autoBalance], [4, 7, true, false]);
  assert.deepEqual(parseText(file('g1|uuid-1|last_resort|a\n', ''), 'x').groups[0]?.networks, []);
});

test('a node with question marks is offline and has nothing', () => {
  const silent = nodeOf('n1|1000|?|900|2000|1500|4|M|uuid-1|7|tag|Y|3');
  assert.equal(silent?.offline, true);
  assert.deepEqual([silent?.totalMemory, silent?.totalDisk, silent?.totalSpindles, silent?.master], [0, 0, 0, false]);
});

test('without policies, groups and cluster have the default one', () => {
  const cluster = parseText(`${group}\n${node}\n\n`, 'x');
  assert.equal(cluster.ipolicy, defaultPolicy);
  assert.equal(cluster.groups[0]?.ipolicy, defaultPolicy);
});

const instance = 'i1|10|20|1|running|N|n1||plain|t';
const mistakes: readonly (readonly [string, ErrorCode, RegExp, string])[] = [
  ['empty', 'HTOOLS_TEXT_SECTIONS', /^f: 0 sections/, ''],
  ['too few sections', 'HTOOLS_TEXT_SECTIONS', /3 sections/, `${group}\n${node}\n`],
  ['group without tags', 'HTOOLS_TEXT_INVALID', /line 1 \(groups\).*3 columns/, file('g1|u|preferred\n', '')],
  ['allocation policy', 'HTOOLS_TEXT_INVALID', /line 1 \(groups\): 'often'/, file('g1|u|often||\n', '')],
  ['two groups', 'HTOOLS_NAME_DUPLICATE', /line 2 \(groups\).*group 'uuid-1'/, file(group + group.replace('g1', 'g2'), node)],
  ['node without group', 'HTOOLS_TEXT_INVALID', /line 3 \(nodes\).*8 columns/, file(group, 'n1|1|1|1|1|1|1|N\n')],
  ['unknown group', 'HTOOLS_REFERENCE_UNKNOWN', /line 3 \(nodes\): Unknown group 'u9' for node n1/, file(group, 'n1|1|1|1|1|1|1|N|u9\n')],
  ['two nodes', 'HTOOLS_NAME_DUPLICATE', /line 4 \(nodes\).*node 'n1'/, file(group, node + node)],
  ['negative memory', 'HTOOLS_TEXT_INVALID', /line 3 .*free memory is negative: -5/, file(group, 'n1|1|1|-5|1|1|1|N|uuid-1\n')],
  ['no number', 'HTOOLS_TEXT_INVALID', /cannot parse string 'many'/, file(group, 'n1|1|1|1|1|1|many|N|uuid-1\n')],
  ['a fraction', 'HTOOLS_TEXT_INVALID', /node memory: cannot parse string '1.5'/, file(group, 'n1|1|1.5|1|1|1|1|N|uuid-1\n')],
  ['too large', 'HTOOLS_TEXT_INVALID', /cannot parse/, file(group, 'n1|1|99999999999999999999|1|1|1|1|N|uuid-1\n')],
  ['exclusive storage', 'HTOOLS_TEXT_INVALID', /exclusive storage is 'y'/, file(group, 'n1|1|1|1|1|1|1|N|uuid-1|1||y\n')],
  [
    'unknown node',
    'HTOOLS_REFERENCE_UNKNOWN',
    /line 5 \(instances\): Unknown node 'n9' for instance i1/,
    file(group, node, 'i1|1|2|1|running|N|n9||plain|\n'),
  ],
  ['unknown secondary', 'HTOOLS_REFERENCE_UNKNOWN', /Unknown node 'n9'/, file(group, node, 'i1|1|2|1|running|N|n1|n9|drbd|\n')],
  ['same nodes', 'HTOOLS_SAME_NODE', /line 5 \(instances\): Instance i1 has n1/, file(group, node, 'i1|1|2|1|running|N|n1|n1|drbd|\n')],
  ['state', 'HTOOLS_TEXT_INVALID', /'walking' is not a state/, file(group, node, 'i1|1|2|1|walking|N|n1||plain|\n')],
  ['template', 'HTOOLS_TEXT_INVALID', /'paper' is not a disk template/, file(group, node, 'i1|1|2|1|running|N|n1||paper|\n')],
  ['auto_balance', 'HTOOLS_TEXT_INVALID', /auto_balance is 'no'/, file(group, node, 'i1|1|2|1|running|no|n1||plain|\n')],
  ['short instance', 'HTOOLS_TEXT_INVALID', /9 columns instead of 10/, file(group, node, 'i1|1|2|1|running|N|n1||plain\n')],
  [
    'policy of nobody',
    'HTOOLS_REFERENCE_UNKNOWN',
    /line 9 \(policies\): Unknown group 'g9'/,
    file(group, node, `${instance}\n`, 'tag\n', policy.replace('|', 'g9|')),
  ],
  ['odd sizes', 'HTOOLS_TEXT_INVALID', /3 minimal and maximal/, file(group, node, '', '', policy.replace(';', ';1,1,1,1,1,1;'))],
  ['short size', 'HTOOLS_TEXT_INVALID', /standard size: 5 numbers/, file(group, node, '', '', policy.replace(',1|128', '|128'))],
  ['policy template', 'HTOOLS_TEXT_INVALID', /'tape' is not/, file(group, node, '', '', policy.replace('plain', 'tape'))],
  ['ratio', 'HTOOLS_TEXT_INVALID', /vcpu ratio: cannot parse/, file(group, node, '', '', policy.replace('4.0', 'four'))],
  ['short policy', 'HTOOLS_TEXT_INVALID', /5 columns instead of 6/, file(group, node, '', '', policy.replace('|32.0', ''))],
];

for (const [name, code, text, content] of mistakes) {
  test(`one error with its place: ${name}`, () => expectError(() => parseText(content, 'f'), code, text));
}

test('whatever the file, it is read or refused with an error of the catalogue', () => {
  const text = dataText('hscan.data');
  const damage = fc.record({
    at: fc.nat(text.length),
    gone: fc.nat(12),
    put: fc.string({ unit: fc.constantFrom('|', ',', '\n', '-', '9', 'x', ';'), maxLength: 4 }),
  });
  fc.assert(
    fc.property(damage, ({ at, gone, put }) => {
      try {
        parseText(text.slice(0, at) + put + text.slice(at + gone), 'f');
      } catch (error) {
        assert.equal((error as Error).name, 'GantryError', String(error));
      }
    }),
    { seed: 3, numRuns: 500 },
  );
});

const word = fc.stringMatching(/^[a-z][a-z0-9.:-]{0,8}$/);
const count = fc.nat(1_000_000);
const spec = fc.record({ memory: count, vcpus: count, disk: count, diskCount: count, nicCount: count, spindleUse: count });
const ratio = fc.oneof(fc.double({ min: 1e-9, max: 1e12, noNaN: true }), fc.constant(0));
const ipolicy = fc.record({
  ranges: fc.array(fc.record({ min: spec, max: spec }), { maxLength: 2 }),
  std: spec,
  diskTemplates: fc.subarray([...diskTemplates]),
  vcpuRatio: ratio,
  spindleRatio: ratio,
});
const tags = fc.array(word, { maxLength: 2 });

const clusters: fc.Arbitrary<ClusterData> = fc
  .record({ groups: fc.integer({ min: 1, max: 3 }), nodes: fc.integer({ min: 2, max: 4 }), instances: fc.nat(4) })
  .chain((size) => {
    const many = <T>(length: number, item: fc.Arbitrary<T>) => fc.array(item, { minLength: length, maxLength: length });
    const disk = fc.record({ size: count, spindles: fc.option(count, { nil: undefined }) });
    return fc.record({
      groups: many(size.groups, fc.record({ allocPolicy: fc.constantFrom(...allocPolicies), networks: tags, ipolicy, tags })).map((list) =>
        list.map((one, i) => ({ uuid: `uuid-${i}`, name: `g${i}`, ...one })),
      ),
      nodes: many(
        size.nodes,
        fc.record({
          group: fc.nat(size.groups - 1),
          totalMemory: count,
          nodeMemory: count,
          freeMemory: count,
          totalDisk: count,
          freeDisk: count,
          totalCpu: count,
          nodeCpu: count,
          cpuSpeed: ratio,
          role: fc.constantFrom({ offline: false, master: false }, { offline: true, master: false }, { offline: false, master: true }),
          totalSpindles: count,
          freeSpindles: count,
          exclusiveStorage: fc.boolean(),
          tags,
        }),
      ).map((list) => list.map(({ role, ...one }, i) => ({ name: `n${i}`, ...one, ...role }))),
      instances: many(
        size.instances,
        fc
          .record({
            name: word,
            memory: count,
            disk,
            vcpus: count,
            status: fc.constantFrom(...instanceStatuses),
            autoBalance: fc.boolean(),
            nodes: fc.uniqueArray(fc.nat(size.nodes - 1), { minLength: 1, maxLength: 2 }),
            diskTemplate: fc.constantFrom(...diskTemplates),
            spindleUse: count,
            tags,
            forthcoming: fc.boolean(),
          })
          .map(({ disk: one, nodes: [primary = 0, secondary = noNode], ...rest }) => ({
            ...rest,
            disk: one.size,
            disks: [one],
            primary,
            secondary,
            nics: [],
          })),
      ),
      tags,
      ipolicy,
    });
  });

test('what is written is read back the same', () => {
  fc.assert(
    fc.property(clusters, (cluster) => assert.deepEqual(parseText(formatText(cluster), 'f'), structuredClone(cluster))),
    { seed: 1, numRuns: 200 },
  );
});

test('spindles of several disks are one number, unless one does not say', () => {
  const [only] = parseText(file(group, node, `${instance}\n`), 'f').instances;
  const saved = (disks: ClusterData['instances'][number]['disks']) => {
    const cluster = parseText(file(group, node), 'f');
    return formatText({ ...cluster, instances: [{ ...(only as ClusterData['instances'][number]), disks }] })
      .split('\n')[4]
      ?.split('|')[11];
  };
  assert.equal(
    saved([
      { size: 1, spindles: 2 },
      { size: 2, spindles: 3 },
    ]),
    '5',
  );
  assert.equal(saved([{ size: 1, spindles: 2 }, { size: 2 }]), '-');
  assert.equal(saved([]), '0');
});

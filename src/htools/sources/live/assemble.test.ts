import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../../../base/index.ts';
import { noNode } from '../../../placement/index.ts';
import { flatInstances, flatNodes } from '../rapi/flat-resources.ts';
import { dataText } from '../testing/data-file.ts';
import { expectError } from '../testing/expect-error.ts';
import { assemble } from './assemble.ts';

type Fields = Record<string, unknown>;
interface Answers {
  groups: Fields[];
  nodes: Fields[];
  instances: Fields[];
  info: Fields;
}

/** The cluster as a real REST API described it, after something was changed in the answers. */
function loadChanged(change: (answers: Answers) => void) {
  const answers = Object.fromEntries(
    ['groups', 'nodes', 'instances', 'info'].map((name) => [name, JSON.parse(dataText(`rapi/${name}.json`))]),
  ) as unknown as Answers;
  change(answers);
  return assemble({
    groups: { value: answers.groups, place: 'groups' },
    nodes: { value: flatNodes(answers.nodes), place: 'nodes' },
    instances: { value: flatInstances(answers.instances), place: 'instances' },
    info: { value: answers.info, place: 'info' },
  });
}

const first = (list: Fields[]): Fields => list[0] as Fields;
const ndparams = (node: Fields): Fields => node['ndparams'] as Fields;

test('an offline node has nothing, a drained one is offline with everything', () => {
  const nothing = { mtotal: null, mnode: null, mfree: null, dtotal: null, dfree: null, ctotal: null, cnos: null };
  const { nodes } = loadChanged((answers) => {
    Object.assign(answers.nodes[0] as Fields, { offline: true, ...nothing });
    Object.assign(answers.nodes[1] as Fields, { vm_capable: false, ...nothing });
    Object.assign(answers.nodes[2] as Fields, { drained: true });
  });
  assert.deepEqual(
    nodes.map(({ offline, totalMemory }) => [offline, totalMemory]),
    [
      [true, 0],
      [true, 0],
      [true, 24_105],
      [false, 24_105],
    ],
  );
});

test('storage may be unknown, memory may not', async () => {
  const { nodes } = loadChanged(({ nodes: [node = {}] }) => Object.assign(node, { dtotal: null, dfree: null }));
  assert.deepEqual([nodes[0]?.totalDisk, nodes[0]?.freeDisk], [0, 0]);
  await expectError(
    () => loadChanged(({ nodes: list }) => (first(list)['mfree'] = null)),
    'HTOOLS_NODE_SILENT',
    /nodes: Node node1 does not report its mfree/,
  );
});

test('spindles of nodes with exclusive storage are measured, of others configured', async () => {
  const { nodes } = loadChanged((answers) => {
    Object.assign(first(answers.nodes), { sptotal: 8, spfree: 3 });
    Object.assign(ndparams(first(answers.nodes)), { exclusive_storage: true, cpu_speed: 1.5 });
    Object.assign(ndparams(answers.nodes[1] as Fields), { spindle_count: 5 });
  });
  const spindles = nodes.map(({ totalSpindles, freeSpindles, cpuSpeed }) => [totalSpindles, freeSpindles, cpuSpeed]);
  assert.deepEqual(spindles.slice(0, 2), [
    [8, 3, 1.5],
    [5, 0, 1],
  ]);
  const silent = ({ nodes: list }: Answers) => Object.assign(ndparams(first(list)), { exclusive_storage: true });
  await expectError(() => loadChanged(silent), 'HTOOLS_NODE_SILENT', /sptotal/);
});

test('memory of an instance is what it has now, or else what it is to have', () => {
  const { instances } = loadChanged(({ instances: [one = {}, two = {}, three = {}] }) => {
    one['oper_ram'] = 77;
    two['oper_ram'] = null;
    Object.assign(three, { oper_ram: null, beparams: { ...(three['beparams'] as Fields), memory: 99 } });
  });
  assert.deepEqual(
    instances.slice(0, 3).map(({ memory }) => memory),
    [77, 512, 99],
  );
});

test('a forthcoming instance may have no node yet, another may not', async () => {
  const change = (forthcoming: boolean) => (answers: Answers) => Object.assign(first(answers.instances), { pnode: null, forthcoming });
  assert.equal(loadChanged(change(true)).instances[0]?.primary, noNode);
  await expectError(() => loadChanged(change(false)), 'HTOOLS_REFERENCE_UNKNOWN', /instances: Unknown node '' for instance inst1/);
});

const mistakes: readonly (readonly [string, ErrorCode, RegExp, (answers: Answers) => unknown])[] = [
  ['negative memory', 'INPUT_INVALID', /nodes: field "0.mnode".*>= 0/, ({ nodes }) => (first(nodes)['mnode'] = -1)],
  ['text for a number', 'INPUT_INVALID', /nodes: field "0.mtotal"/, ({ nodes }) => (first(nodes)['mtotal'] = '12')],
  ['no node parameters', 'INPUT_INVALID', /nodes: field "0.exclusive_storage"/, ({ nodes }) => delete first(nodes)['ndparams']],
  ['a node that is null', 'INPUT_INVALID', /nodes: field "0.name"/, (answers) => (answers.nodes = [null as never])],
  ['no list of nodes', 'INPUT_INVALID', /nodes: .*must be array/, (answers) => (answers.nodes = {} as never)],
  ['unknown status', 'INPUT_INVALID', /instances: field "0.status"/, ({ instances }) => (first(instances)['status'] = 'asleep')],
  [
    'unknown template',
    'INPUT_INVALID',
    /instances: field "0.disk_template"/,
    ({ instances }) => (first(instances)['disk_template'] = 'tape'),
  ],
  ['unknown node', 'HTOOLS_REFERENCE_UNKNOWN', /instances: Unknown node 'n9'/, ({ instances }) => (first(instances)['pnode'] = 'n9')],
  [
    'the same node twice',
    'HTOOLS_SAME_NODE',
    /instances: Instance inst1.*has node3/,
    ({ instances }) => (first(instances)['snodes'] = ['node3']),
  ],
  [
    'unknown group',
    'HTOOLS_REFERENCE_UNKNOWN',
    /nodes: Unknown group 'u9' for node node1/,
    ({ nodes }) => (first(nodes)['group.uuid'] = 'u9'),
  ],
  ['two nodes of a name', 'HTOOLS_NAME_DUPLICATE', /nodes: .*second node 'node1'/, ({ nodes }) => nodes.push(first(nodes))],
  ['unknown master', 'HTOOLS_REFERENCE_UNKNOWN', /info: Unknown node 'n9'/, ({ info }) => (info['master'] = 'n9')],
  ['no policy', 'INPUT_INVALID', /groups: field "0.ipolicy"/, ({ groups }) => delete first(groups)['ipolicy']],
  [
    'a policy without sizes',
    'INPUT_INVALID',
    /info: field "ipolicy.std.memory-size"/,
    ({ info }) => ((info['ipolicy'] as Fields)['std'] = {}),
  ],
];

for (const [name, code, text, change] of mistakes) {
  test(`one error with its place: ${name}`, () => expectError(() => loadChanged(change), code, text));
}

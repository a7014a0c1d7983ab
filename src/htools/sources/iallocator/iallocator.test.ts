import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../../../base/index.ts';
import { noNode } from '../../../placement/index.ts';
import { loadAllocation, loadCluster } from '../load-cluster.ts';
import { dataFile, dataText } from '../testing/data-file.ts';
import { expectError } from '../testing/expect-error.ts';
import { parseIallocator } from './parse-iallocator.ts';

type Fields = Record<string, unknown>;

/** A real request to move an instance away, with another request in its place. */
function withRequest(request: Fields, change: (message: Fields) => void = () => undefined) {
  const message = { ...(JSON.parse(dataText('node-evacuate.json')) as Fields), request };
  change(message);
  return parseIallocator(JSON.stringify(message), 'in');
}

const wanted = {
  name: 'new1',
  memory: 512,
  vcpus: 2,
  disk_space_total: 1152,
  disk_template: 'drbd',
  disks: [{ size: 1024, mode: 'rw' }],
  nics: [{ mac: 'aa:00:00:11:22:33', ip: null, mode: 'bridged', network: 'net1' }, {}],
  tags: ['service:web'],
  spindle_use: 1,
  required_nodes: 2,
  group_name: null,
};

test('the cluster of a request', async () => {
  const { cluster, request } = await loadAllocation(dataFile('node-evacuate.json'));
  assert.deepEqual(request, { type: 'node-evacuate', instances: [3], mode: 'all' });
  assert.equal(cluster.instances[3]?.name, 'inst2.r5.test');
  assert.deepEqual(cluster.tags, ['htools:iextags:service', 'prod']);
  assert.deepEqual(
    cluster.groups.map(({ name, networks }) => [name, networks.length]),
    [
      ['rack2', 1],
      ['default', 1],
    ],
  );
  assert.equal(cluster.nodes[0]?.hypervisor, 'fake');
  assert.deepEqual(await loadCluster({ iallocatorFile: dataFile('node-evacuate.json') }), cluster);
});

test('an instance that is to be stopped or offline is taken as such, any other as running', () => {
  const states = ['down', 'offline', 'up', 7];
  const { cluster } = withRequest({ type: 'change-group', instances: [], target_groups: [] }, (message) => {
    Object.values(message['instances'] as Record<string, Fields>).forEach((instance, i) => (instance['admin_state'] = states[i]));
  });
  assert.deepEqual(
    cluster.instances.slice(0, 4).map(({ status }) => status),
    ['ADMIN_down', 'ADMIN_offline', 'running', 'running'],
  );
});

test('allocate', () => {
  const { request } = withRequest({ type: 'allocate', ...wanted, 'restrict-to-nodes': ['node1', 'node2'] });
  assert.deepEqual(request, {
    type: 'allocate',
    instance: {
      name: 'new1',
      memory: 512,
      disk: 1152,
      disks: [{ size: 1024, spindles: undefined }],
      vcpus: 2,
      status: 'running',
      autoBalance: true,
      primary: noNode,
      secondary: noNode,
      diskTemplate: 'drbd',
      spindleUse: 1,
      tags: ['service:web'],
      nics: [{ network: 'net1' }, { network: undefined }],
      forthcoming: false,
    },
    requiredNodes: 2,
    group: undefined,
    restrictToNodes: ['node1', 'node2'],
  });
});

test('several at once, each in its group or in that of the request', () => {
  const { request } = withRequest({
    type: 'multi-allocate',
    group_name: 'rack2',
    instances: [wanted, { ...wanted, name: 'new2', group_name: 'default' }],
  });
  assert.equal(request.type, 'multi-allocate');
  assert.deepEqual(request.type === 'multi-allocate' && request.wanted.map(({ instance, group }) => [instance.name, group]), [
    ['new1', 'rack2'],
    ['new2', 'default'],
  ]);
});

test('relocate, change-group, allocate-secondary name what is there', () => {
  const relocate = { type: 'relocate', name: 'inst2.r5.test', required_nodes: 1, relocate_from: ['node2'] };
  assert.deepEqual(withRequest(relocate).request, { type: 'relocate', instance: 3, requiredNodes: 1, relocateFrom: [1] });
  const groups = ['default', '401d64db-7da2-4c22-ab12-2ae8310dac7d'];
  assert.deepEqual(withRequest({ type: 'change-group', instances: ['inst2.r5.test'], target_groups: groups }).request, {
    type: 'change-group',
    instances: [3],
    targetGroups: [1, 0],
  });
  assert.deepEqual(withRequest({ type: 'allocate-secondary', name: 'inst2.r5.test' }).request, { type: 'allocate-secondary', instance: 3 });
});

const evacuate = { type: 'node-evacuate', instances: ['inst2.r5.test'], evac_mode: 'all' };
const mistakes: readonly (readonly [string, ErrorCode, RegExp, Fields, ((message: Fields) => void)?])[] = [
  ['unknown kind', 'HTOOLS_MESSAGE_INVALID', /in: key 'request.type'/, { type: 'levitate' }],
  ['negative memory', 'HTOOLS_MESSAGE_INVALID', /in, request: key 'memory'/, { type: 'allocate', ...wanted, memory: -1 }],
  ['an unknown mode', 'HTOOLS_MESSAGE_INVALID', /in, request: key 'evac_mode'/, { ...evacuate, evac_mode: 'some' }],
  [
    'a name that is a number',
    'HTOOLS_MESSAGE_INVALID',
    /in, request: key 'name': Unable to read String/,
    { type: 'relocate', name: 0, required_nodes: 1, relocate_from: [] },
  ],
  [
    'an unknown instance',
    'HTOOLS_REFERENCE_UNKNOWN',
    /in, request: Unknown instance 'x' for the request/,
    { ...evacuate, instances: ['x'] },
  ],
  [
    'an unknown node',
    'HTOOLS_REFERENCE_UNKNOWN',
    /Unknown node 'x'/,
    { type: 'relocate', name: 'inst2.r5.test', required_nodes: 1, relocate_from: ['x'] },
  ],
  ['an unknown group', 'HTOOLS_REFERENCE_UNKNOWN', /Unknown group 'x'/, { type: 'change-group', instances: [], target_groups: ['x'] }],
  ['no nodes', 'HTOOLS_MESSAGE_INVALID', /in: key 'nodes' not found/, evacuate, (message) => delete message['nodes']],
  [
    'an instance on an unknown node',
    'HTOOLS_REFERENCE_UNKNOWN',
    /in: Unknown node 'n9' for instance inst2/,
    evacuate,
    (message) => ((message['instances'] as Record<string, Fields>)['inst2.r5.test'] = { ...wanted, nodes: ['n9'] }),
  ],
];

for (const [name, code, text, request, change] of mistakes) {
  test(`one error with its place: ${name}`, () => expectError(() => withRequest(request, change), code, text));
}

test('no JSON', () => expectError(() => parseIallocator('{', 'in'), 'HTOOLS_JSON_MALFORMED', /^Invalid JSON, in is not JSON/));

test('no file', () => expectError(() => loadAllocation('/no/such/file'), 'HTOOLS_SOURCE_UNREADABLE', /ENOENT/));

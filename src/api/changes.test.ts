import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { withGanetiDefaults } from '../model/index.ts';
import { type ApiRig, startApiRig, writer } from './testing/api-rig.ts';
import type { HttpsRequest } from './testing/https-client.ts';

// What each way to ask for a change becomes: the opcode of the job.

let rig: ApiRig;
before(async () => {
  rig = await startApiRig();
});
after(() => rig.close());

const send = (method: string, path: string, request: HttpsRequest = {}) => rig.client.send(method, path, { user: writer, ...request });

/** The opcode as the job shows it, without its reasons. */
async function opcodeOf(method: string, path: string, request: HttpsRequest = {}): Promise<Record<string, unknown>> {
  const { status, body, text } = await send(method, path, request);
  assert.equal(status, 200, text);
  assert.ok(Number.isInteger(body), 'the number of a job');
  const job = await send('GET', `/2/jobs/${String(body)}`);
  const [op = {}] = (job.body as { ops: Record<string, unknown>[] }).ops;
  const { reason, ...rest } = op;
  assert.match(String((reason as string[][])[0]?.[0]), /^gnt:library:rlib2:[a-z_]+$/);
  return rest;
}

const name = '/2/instances/nobody';

/** Request and the opcode it becomes; objects that do not exist, so that nothing happens. */
const requests: [method: string, path: string, request: HttpsRequest, opcode: Record<string, unknown>][] = [
  [
    'POST',
    '/2/instances?dry-run=1',
    {
      body: {
        __version__: 1,
        name: 'new1',
        os: 'noop',
        disk_template: 'file',
        disks: [{ size: 64 }],
        nics: [{}],
        beparams: { memory: 256 },
      },
    },
    {
      OP_ID: 'OP_INSTANCE_CREATE',
      instance_name: 'new1',
      os_type: 'noop',
      disk_template: 'file',
      disks: [{ size: 64 }],
      nics: [{}],
      beparams: { minmem: 256, maxmem: 256 },
      dry_run: true,
    },
  ],
  ['DELETE', `${name}?dry-run=1`, {}, { OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'nobody', dry_run: true }],
  ['PUT', `${name}/startup`, {}, { OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'nobody' }],
  [
    'PUT',
    `${name}/shutdown?no_remember=1&dry-run=0`,
    { body: { timeout: 5 } },
    { OP_ID: 'OP_INSTANCE_SHUTDOWN', instance_name: 'nobody', timeout: 5, no_remember: true, dry_run: false },
  ],
  ['PUT', `${name}/resume`, {}, { OP_ID: 'OP_INSTANCE_RESUME', instance_name: 'nobody' }],
  ['POST', `${name}/reboot?type=hard`, {}, { OP_ID: 'OP_INSTANCE_REBOOT', instance_name: 'nobody', reboot_type: 'hard' }],
  [
    'PUT',
    `${name}/migrate`,
    { body: { mode: 'live', target_node: 'node2' } },
    { OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'nobody', mode: 'live', target_node: 'node2' },
  ],
  ['PUT', `${name}/failover`, { body: {} }, { OP_ID: 'OP_INSTANCE_FAILOVER', instance_name: 'nobody' }],
  ['PUT', `${name}/tags?tag=a&tag=b:c`, {}, { OP_ID: 'OP_TAGS_SET', kind: 'instance', name: 'nobody', tags: ['a', 'b:c'], dry_run: false }],
  ['DELETE', '/2/nodes/nobody/tags?tag=a', {}, { OP_ID: 'OP_TAGS_DEL', kind: 'node', name: 'nobody', tags: ['a'], dry_run: false }],
  ['PUT', '/2/tags?tag=x', {}, { OP_ID: 'OP_TAGS_SET', kind: 'cluster', name: null, tags: ['x'], dry_run: false }],
  [
    'PUT',
    '/2/nodes/nobody/role?force=1',
    { body: 'drained' },
    { OP_ID: 'OP_NODE_SET_PARAMS', node_name: 'nobody', drained: true, force: true, auto_promote: false },
  ],
  [
    'PUT',
    '/2/nodes/nobody/role',
    { body: 'regular' },
    {
      OP_ID: 'OP_NODE_SET_PARAMS',
      node_name: 'nobody',
      master_candidate: false,
      offline: false,
      drained: false,
      force: false,
      auto_promote: false,
    },
  ],
  ['POST', '/2/nodes/nobody/modify', { body: { offline: true } }, { OP_ID: 'OP_NODE_SET_PARAMS', node_name: 'nobody', offline: true }],
  ['POST', '/2/groups?dry-run=1', { body: { name: 'g1' } }, { OP_ID: 'OP_GROUP_ADD', group_name: 'g1', dry_run: true }],
  [
    'PUT',
    '/2/groups/nobody/assign-nodes?force=1',
    { body: { nodes: ['node1'] } },
    { OP_ID: 'OP_GROUP_ASSIGN_NODES', group_name: 'nobody', nodes: ['node1'], force: true },
  ],
  ['PUT', '/2/groups/nobody/rename', { body: { new_name: 'g2' } }, { OP_ID: 'OP_GROUP_RENAME', group_name: 'nobody', new_name: 'g2' }],
  [
    'PUT',
    '/2/modify?dry-run=1',
    { body: { candidate_pool_size: 3 } },
    { OP_ID: 'OP_CLUSTER_SET_PARAMS', candidate_pool_size: 3, dry_run: true },
  ],
  ['PUT', '/2/redistribute-config', {}, { OP_ID: 'OP_CLUSTER_REDIST_CONF' }],
];
for (const [method, path, request, opcode] of requests) {
  test(`${method} ${path} becomes ${String(opcode['OP_ID'])}`, async () =>
    assert.deepEqual(await opcodeOf(method, path, request), withGanetiDefaults(opcode)));
}

const invalid: [method: string, path: string, request: HttpsRequest, message: RegExp][] = [
  ['POST', '/2/instances', { body: ['x'] }, /Type is &#x27;list&#x27;, but &#x27;dict&#x27; is expected/],
  ['POST', '/2/instances', { body: { __version__: 2 } }, /Unsupported request data version 2/],
  ['POST', '/2/instances', { body: { __version__: 1, name: 'a', instance_name: 'b' } }, /renamed to &#x27;instance_name&#x27;/],
  ['PUT', `${name}/startup`, { body: { instance_name: 'other' } }, /overwrite static parameters/],
  ['PUT', `${name}/startup`, { body: { nonsense: 1 } }, /OP_INSTANCE_STARTUP.nonsense/],
  ['PUT', `${name}/startup`, { body: { force: 'yes' } }, /OP_INSTANCE_STARTUP.force/],
  ['PUT', `${name}/startup?dry-run=x`, {}, /&#x27;dry-run&#x27; parameter/],
  ['POST', `${name}/reboot?type=gently`, {}, /type/],
  ['PUT', `${name}/tags`, {}, /OP_TAGS_SET.tags/],
  ['PUT', `${name}/tags?tag=${encodeURIComponent('no blanks')}`, {}, /OP_TAGS_SET.tags/],
  ['PUT', '/2/nodes/nobody/role', { body: 'king' }, /Can&#x27;t set &#x27;king&#x27; role/],
  ['PUT', '/2/nodes/nobody/role', { body: 'constructor' }, /Can&#x27;t set &#x27;constructor&#x27; role/],
  ['PUT', '/2/nodes/nobody/role', { body: { role: 'drained' } }, /a string is expected/],
  ['POST', '/2/jobs', { body: {} }, /ops/],
  ['POST', '/2/jobs', { body: { ops: [] } }, /ops/],
  ['POST', '/2/jobs', { body: { ops: [{ OP_ID: 'OP_NONSENSE' }] } }, /OP_ID/],
  ['POST', '/2/jobs', { body: { ops: [{ OP_ID: 'OP_TEST_DELAY', duration: -1 }] } }, /OP_TEST_DELAY.duration/],
  ['PUT', '/2/jobs/1/priority', { body: { priority: 99 } }, /priority/],
  ['POST', '/2/jobs/archive', {}, /age/],
];
for (const [method, path, request, message] of invalid) {
  test(`${method} ${path} ${JSON.stringify(request.body ?? '')} is refused`, async () => {
    const before = rig.services.jobs.list().length;
    const reply = await send(method, path, request);
    assert.equal(reply.status, 400, reply.text);
    assert.match((reply.body as { message: string }).message, message);
    assert.equal(rig.services.jobs.list().length, before, 'nothing was submitted');
  });
}

test('keys that could change a prototype do nothing', async () => {
  const reply = await send('POST', '/2/jobs', { raw: '{"ops":[{"OP_ID":"OP_TEST_DELAY","duration":0,"__proto__":{"dry_run":true}}]}' });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(({} as Record<string, unknown>)['dry_run'], undefined);
});

test('what Ganeti has and Gantry does not answers that it is missing', async () => {
  const reply = await send('POST', '/2/nodes/node1/migrate', { body: {} });
  assert.equal(reply.status, 501);
  assert.equal((reply.body as { error: { code: string } }).error.code, 'API_NOT_YET');
});

test('the user is noted in the job', async () => {
  const { body: id } = await send('POST', '/2/jobs', { body: { ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }] } });
  const { body } = await send('GET', '/2/query/job?fields=id,user');
  const rows = (body as { data: [[0, number], [0, string]][] }).data;
  assert.deepEqual(rows.find(([[, job]]) => job === id)?.[1], [0, 'admin']);
});

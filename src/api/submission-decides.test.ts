/** What decides is the submission: without the check of the REST server nobody gets further. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessControl } from '../access/index.ts';
import { type ApiRig, plain, reader, startApiRig, writer } from './testing/api-rig.ts';

/** The check of the server as a mistake would leave it: everything passes. */
const open: AccessControl = {
  require: async () => undefined,
  requireOpcodes: async () => undefined,
  visible: () => undefined,
  sightOf: () => undefined,
};

let rig: ApiRig;
before(async () => {
  rig = await startApiRig({ access: open });
});
after(() => rig.close());

const start = { OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'inst1' };
const submissions: [what: string, method: string, path: string, body?: object][] = [
  ['a job', 'POST', '/2/jobs', { ops: [start] }],
  ['a job of several opcodes', 'POST', '/2/jobs', { ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }, start] }],
  ['a job that waits for another one', 'POST', '/2/jobs', { ops: [{ ...start, depends: [[-1, []]] }] }],
  ['a dry run', 'POST', '/2/jobs', { ops: [{ ...start, dry_run: true }] }],
  ['a resource of an opcode', 'PUT', '/2/instances/inst1/startup'],
  ['a dry run of a resource', 'PUT', '/2/instances/inst1/startup?dry-run=1'],
  ['tags', 'PUT', '/2/instances/inst1/tags?tag=team:mine'],
  ['the role of a node', 'PUT', '/2/nodes/node1/role'],
];

for (const [what, method, path, body] of submissions) {
  test(`${what}: is refused to who may not submit it`, async () => {
    const earlier = rig.services.jobs.list().length;
    for (const user of [plain, reader]) {
      const raw = path.endsWith('/role') ? '"regular"' : undefined;
      const reply = await rig.client.send(method, path, { user, ...(body && { body }), ...(raw && { raw }) });
      assert.equal(reply.status, 403, user);
      assert.equal((reply.body as { error: { code: string } }).error.code, 'API_FORBIDDEN');
    }
    assert.equal(rig.services.jobs.list().length, earlier);
  });
}

test('who may submit it does', async () => {
  const reply = await rig.client.send('POST', '/2/jobs', { user: writer, body: { ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }] } });
  assert.equal(reply.status, 200);
  const job = await rig.services.jobs.get(reply.body as number);
  assert.deepEqual(job?.principal, { name: 'admin', scheme: 'users-file', groups: [], options: ['write'] });
});

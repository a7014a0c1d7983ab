/** Somebody who may see a part of the cluster finds the rest nowhere: not in lists, queries, filters, pages or consoles. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { AuthorizationRequest, Authorizer } from '../access/index.ts';
import { systemClock } from '../base/index.ts';
import { type ApiRig, reader, startApiRig, writer } from './testing/api-rig.ts';

const own = 'inst1.r5.test';
const foreign = 'inst2.r5.test';
const isAdmin = (options: readonly string[]) => options.includes('write');
const asked: AuthorizationRequest[] = [];

/** Whoever has not `write` sees one instance, one node and his own jobs, and may do with them what he likes. */
const tenants: Authorizer = {
  decide: (request) => {
    asked.push(request);
    return { allowed: true };
  },
  visible: ({ name, scheme, options }) =>
    isAdmin(options)
      ? undefined
      : (object) =>
          object.kind === 'job'
            ? object.owner?.name === name && object.owner.scheme === scheme
            : [own, 'node1'].includes(object.name) || !['instance', 'node'].includes(object.kind),
};

let rig: ApiRig;
let ownJob = 0;
let foreignJob = 0;
beforeEach(async () => {
  rig = await startApiRig({ authorizer: tenants, limits: { waitMs: 10 } });
  const delay = { ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }] };
  ownJob = (await rig.client.send('POST', '/2/jobs', { user: reader, body: delay })).body as number;
  foreignJob = (await rig.client.send('POST', '/2/jobs', { user: writer, body: delay })).body as number;
  for (const id of [ownJob, foreignJob])
    for (let look = 0; !(await rig.services.jobs.get(id))?.end_ts; look++) {
      assert.ok(look < 500, 'the job does not end');
      await systemClock.sleep(10);
    }
});
afterEach(() => rig.close());

const get = async (path: string, user = reader) => (await rig.client.send('GET', path, { user })).body;
const names = (rows: unknown, field = 'id') => (rows as Record<string, unknown>[]).map((row) => row[field]);

test('lists show what is visible, with all fields and without', async () => {
  assert.deepEqual(names(await get('/2/instances')), [own]);
  assert.deepEqual(names(await get('/2/instances?bulk=1'), 'name'), [own]);
  assert.deepEqual(names(await get('/2/nodes')), ['node1']);
  assert.deepEqual(names(await get('/2/nodes?bulk=1'), 'name'), ['node1']);
  assert.deepEqual(names(await get('/2/jobs')), [ownJob]);
  assert.deepEqual(names(await get('/2/jobs?bulk=1')), [ownJob]);
  assert.equal(names(await get('/2/instances', writer)).length, 6);
  assert.deepEqual(names(await get('/2/jobs', writer)), [ownJob, foreignJob]);
});

test('a row is the same as in the list of somebody who sees everything', async () => {
  const all = (await get('/2/instances?bulk=1', writer)) as { name: string }[];
  assert.deepEqual(
    await get('/2/instances?bulk=1'),
    all.filter(({ name }) => name === own),
  );
});

test('a list that was made for somebody else is not answered from the memory of it', async () => {
  const whole = await rig.client.send('GET', '/2/instances?bulk=1', { user: writer });
  const etag = String(whole.headers['etag']);
  const again = await rig.client.send('GET', '/2/instances?bulk=1', { user: reader, headers: { 'if-none-match': etag } });
  assert.equal(again.status, 200);
  assert.deepEqual(names(again.body, 'name'), [own]);
});

test('queries show what is visible, and a filter finds nothing else', async () => {
  const cells = (body: unknown) => (body as { data: [number, unknown][][] }).data.map(([cell]) => cell?.[1]);
  assert.deepEqual(cells(await get('/2/query/instance?fields=name')), [own]);
  assert.deepEqual(cells(await get('/2/query/job?fields=id')), [ownJob]);
  assert.deepEqual(cells(await get('/2/query/export?fields=node')), ['node1']);
  for (const qfilter of [
    ['=', 'name', foreign],
    ['!', ['=', 'name', own]],
    ['=~', 'name', 'inst2'],
  ]) {
    const reply = await rig.client.send('PUT', '/2/query/instance', { user: reader, body: { fields: ['name'], qfilter } });
    assert.deepEqual(cells(reply.body), [], JSON.stringify(qfilter));
  }
});

test('what is read by a query is told to the authorizer', async () => {
  asked.length = 0;
  await get('/2/query/instance?fields=name,status');
  assert.deepEqual(
    asked.map(({ permission, read }) => [permission, read]),
    [
      ['cluster:query', undefined],
      ['cluster:query', { kind: 'instance', fields: ['name', 'status'] }],
    ],
  );
});

test('what is not visible is answered like what does not exist', async () => {
  const paths: [method: string, path: (name: string) => string][] = [
    ['GET', (name) => `/2/instances/${name}`],
    ['GET', (name) => `/2/instances/${name}/tags`],
    ['GET', (name) => `/2/instances/${name}/console`],
    ['GET', (name) => `/2/instances/${name}/console/stream`],
    ['GET', (name) => `/2/instances/${name}/console/vnc`],
  ];
  for (const [method, path] of paths) {
    const hidden = await rig.client.send(method, path(foreign), { user: reader });
    const { code, facts } = (hidden.body as { error: { code: string; facts: object } }).error;
    assert.deepEqual([hidden.status, code, facts], [404, 'API_OBJECT_UNKNOWN', { object: 'instance', name: foreign }], path(foreign));
    assert.notEqual((await rig.client.send(method, path(foreign), { user: writer })).status, 404, path(foreign));
  }
  const uuid = ((await get(`/2/instances/${foreign}`, writer)) as { uuid: string }).uuid;
  for (const name of [uuid, foreign.toUpperCase()])
    assert.equal((await rig.client.send('GET', `/2/instances/${name}`, { user: reader })).status, 404, name);
  assert.equal((await rig.client.send('PUT', `/2/instances/${foreign}/startup`, { user: reader })).status, 404);
  const ops = [{ OP_ID: 'OP_INSTANCE_STARTUP', instance_name: foreign, dry_run: true }];
  assert.equal((await rig.client.send('POST', '/2/jobs', { user: reader, body: { ops } })).status, 404);
  assert.equal((await rig.client.send('GET', `/2/instances/${own}`, { user: reader })).status, 200);
});

test("somebody else's job cannot be read, waited for, cancelled, changed or archived", async () => {
  const empty = (await get(`/2/jobs/${foreignJob}`)) as Record<string, unknown>;
  assert.deepEqual([empty['id'], empty['status'], empty['ops']], [foreignJob, null, null]);
  assert.equal((await rig.client.send('GET', `/2/jobs/${foreignJob}/wait?fields=id`, { user: reader })).status, 404);
  assert.equal((await rig.client.send('DELETE', `/2/jobs/${foreignJob}`, { user: reader })).status, 404);
  assert.equal((await rig.client.send('PUT', `/2/jobs/${foreignJob}/priority`, { user: reader, body: { priority: 1 } })).status, 404);
  assert.equal((await rig.client.send('POST', `/2/jobs/${foreignJob}/archive`, { user: reader })).status, 404);
  assert.equal((await rig.client.send('POST', '/2/jobs/archive?age=0', { user: reader })).body, 1);
  assert.deepEqual(names(await get('/2/jobs', writer)), [foreignJob]);
  assert.equal(((await get(`/2/jobs/${ownJob}`)) as { status: string }).status, 'success', 'one that is archived is still his');
  await rig.client.send('POST', '/2/jobs/archive?age=0', { user: writer });
  assert.equal(((await get(`/2/jobs/${foreignJob}`)) as { status: unknown }).status, null, 'and the other is not');
  assert.equal((await rig.client.send('GET', `/2/jobs/${foreignJob}/wait?fields=id`, { user: reader })).status, 404);
});

/** Who may not see something cannot find out whether it is there: every answer is that for something that is missing. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { until } from '../../test/support/until.ts';
import type { Authorizer, ResolvedObject } from '../access/index.ts';
import type { Job } from '../model/index.ts';
import { type ApiRig, reader, startApiRig, writer } from './testing/api-rig.ts';

const own = 'inst1.r5.test';
const hidden = 'inst2.r5.test';
/** Of the same length, and as far from every visible name. */
const missing = 'inst9.r5.test';

const seen: ResolvedObject[] = [];
/** Whoever has not `write` sees one instance, one node and his own jobs, and may do what he likes. What he names is noted. */
const tenants: Authorizer = {
  decide: ({ principal: { options }, objects }) => {
    if (!options.includes('write')) seen.push(...objects);
    return { allowed: true };
  },
  visible: ({ name, options }) =>
    options.includes('write')
      ? undefined
      : ({ kind, name: object, owner }) =>
          kind === 'job'
            ? owner?.name === name
            : [own, 'node1'].includes(object) || (!['instance', 'node', 'network'].includes(kind) && object !== 'rack2'),
};

let rig: ApiRig;
beforeEach(async () => {
  seen.length = 0;
  rig = await startApiRig({ authorizer: tenants, limits: { waitMs: 10 } });
});
afterEach(() => rig.close());

type Op = Record<string, unknown> & { OP_ID: string };

async function ended(id: number): Promise<Job> {
  await until('the job ends', async () => Boolean((await rig.services.jobs.get(id))?.end_ts));
  return (await rig.services.jobs.get(id)) as Job;
}

/** All that an attempt tells: the answer, and the end and the log of the job if there is one. Names and numbers are made the same. */
async function told(ask: { method?: string; path?: string; ops?: Op[]; body?: unknown }, name: string, user = reader): Promise<unknown> {
  const { method = 'POST', path = '/2/jobs', ops } = ask;
  const body = ops ? { ops } : ask.body;
  const reply = await rig.client.send(method, path, { user, ...(body !== undefined && { body }) });
  const job = reply.status === 200 && Number.isInteger(reply.body) ? await ended(Number(reply.body)) : undefined;
  const ops_ = job?.ops.map(({ status, result, log }) => [status, result, log.map(([, , , text]) => text)]);
  const answer = job ? 'a job' : reply.body;
  const text = JSON.stringify([reply.status, answer, ops_]);
  return text
    .replaceAll(new RegExp(name, 'gi'), 'NAME')
    .replaceAll(/"(trace|id)":"[^"]*"/g, '')
    .replaceAll(/[Jj]ob \d+/g, 'job N')
    .replaceAll(/"job":\d+/g, '');
}

const start = (instance_name: string, more: object = {}): Op => ({ OP_ID: 'OP_INSTANCE_STARTUP', instance_name, ...more });
const create = (more: object): Op => ({
  OP_ID: 'OP_INSTANCE_CREATE',
  instance_name: 'new.r5.test',
  mode: 'create',
  disk_template: 'file',
  disks: [{ size: 64 }],
  nics: [],
  os_type: 'noop',
  ...more,
});

describe('the answer for a hidden object is that for a missing one', () => {
  const nap: Op = { OP_ID: 'OP_TEST_DELAY', duration: 0 };
  const asks: Record<string, (name: string) => Parameters<typeof told>[0]> = {
    'an opcode': (name) => ({ ops: [start(name)] }),
    'a dry run': (name) => ({ ops: [start(name, { dry_run: true })] }),
    'a later opcode of a job': (name) => ({ ops: [nap, start(name)] }),
    'a name in capitals': (name) => ({ ops: [start(name.toUpperCase())] }),
    'a forced stop': (name) => ({ ops: [{ OP_ID: 'OP_INSTANCE_SHUTDOWN', instance_name: name, force: true }] }),
    tags: (name) => ({ ops: [{ OP_ID: 'OP_TAGS_SET', kind: 'instance', name, tags: ['mine'] }] }),
    'a resource that starts': (name) => ({ method: 'PUT', path: `/2/instances/${name}/startup` }),
    'a resource that removes': (name) => ({ method: 'DELETE', path: `/2/instances/${name}` }),
    'a page': (name) => ({ method: 'GET', path: `/2/instances/${name}` }),
  };
  for (const [what, ask] of Object.entries(asks))
    test(what, async () => {
      assert.equal(await told(ask(hidden), hidden), await told(ask(missing), missing));
      assert.ok(
        seen.filter(({ name }) => name.toLowerCase() === hidden).every(({ uuid }) => uuid === undefined),
        'also to the authorizer',
      );
    });

  const nodeAsks: Record<string, (name: string) => Op> = {
    'a target of a migration': (target_node) => ({ OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: own, target_node }),
    'the node of a creation': (pnode) => create({ pnode }),
    'the node of a creation of its name': (pnode) => create({ pnode, instance_name: pnode }),
    'the node of an evacuation': (node_name) => ({ OP_ID: 'OP_NODE_EVACUATE', node_name, mode: 'primary-only' }),
    'a target of an evacuation': (remote_node) => ({ OP_ID: 'OP_NODE_EVACUATE', node_name: 'node1', mode: 'primary-only', remote_node }),
  };
  for (const [what, ask] of Object.entries(nodeAsks))
    test(what, async () => {
      assert.equal(await told({ ops: [ask('node2')] }, 'node2'), await told({ ops: [ask('node9')] }, 'node9'));
    });
});

test('a job that depends on others finds nothing hidden when its turn comes, and does not wait for it', async () => {
  const first = (await rig.client.send('POST', '/2/jobs', { user: reader, body: { ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }] } })).body;
  const after = (name: string) => ({ ops: [start(name, { depends: [[first, []]] })] });
  const answer = await told(after(hidden), hidden);
  assert.equal(answer, await told(after(missing), missing));
  assert.match(String(answer), /OBJECT_UNKNOWN/);
});

test("what a job creates can be used by the opcodes and jobs behind it, and what others' jobs hide stays hidden", async () => {
  const body = { ops: [create({ pnode: 'node1', dry_run: true }), start('new.r5.test')] };
  const reply = await rig.client.send('POST', '/2/jobs', { user: reader, body });
  assert.equal(reply.status, 200, reply.text);
});

test('a suggestion is a name that can be seen', async () => {
  const first = (await rig.client.send('POST', '/2/jobs', { user: reader, body: { ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }] } })).body;
  const ask = (name: string) => ({ ops: [start(name, { depends: [[first, []]] })] });
  assert.match(String(await told(ask('inst2.r5.tes'), 'x')), /"did_you_mean":"inst1\.r5\.test"/, 'the next that can be seen');
  assert.match(String(await told(ask('inst2.r5.tes'), 'x', writer)), /"did_you_mean":"inst2\.r5\.test"/);
});

test("somebody else's job is no job to depend on, to change or to archive", async () => {
  const long = { ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 30 }] };
  const foreign = String((await rig.client.send('POST', '/2/jobs', { user: writer, body: long })).body);
  const [, done] = [
    0,
    String((await rig.client.send('POST', '/2/jobs', { user: writer, body: { ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }] } })).body),
  ];
  await ended(Number(done));
  const none = '4242';
  const asks: ((id: string) => Parameters<typeof told>[0])[] = [
    (id) => ({ ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0, depends: [[Number(id), []]] }] }),
    (id) => ({ method: 'DELETE', path: `/2/jobs/${id}` }),
    (id) => ({ method: 'PUT', path: `/2/jobs/${id}/priority`, body: { priority: 1 } }),
    (id) => ({ method: 'POST', path: `/2/jobs/${id}/archive` }),
  ];
  for (const ask of asks) for (const id of [foreign, done]) assert.equal(await told(ask(id), id), await told(ask(none), none));
  await rig.client.send('DELETE', `/2/jobs/${foreign}`, { user: writer });
});

test('an evacuation neither moves nor names what who asks may not see', async () => {
  const { instances, nodes } = rig.services.config.current;
  const all = [...instances.values()].filter(({ primary_node }) => primary_node === nodes.find('node1')?.uuid).map(({ name }) => name);
  assert.ok(all.length > 0);
  const op: Op = { OP_ID: 'OP_NODE_EVACUATE', node_name: 'node1', mode: 'primary-only', dry_run: true };
  const text = String(await told({ ops: [op] }, 'x'));
  for (const { name } of nodes.values()) if (name !== 'node1') assert.ok(!text.includes(name), `${name} in ${text}`);
  for (const name of all) if (name !== own) assert.ok(!text.includes(name), `${name} in ${text}`);
  const whole = String(await told({ ops: [op] }, 'x', writer));
  assert.ok(
    all.every((name) => whole.includes(name)),
    whole,
  );
});

test('a join token leads neither into a hidden group nor to a hidden node that has still to join', async () => {
  const entry = { primary_ip: '192.0.2.77', agent_port: 1811 };
  assert.ok(rig.services.config.current.groups.find('rack2'));
  const ops: Op[] = [{ OP_ID: 'OP_NODE_ADD', node_name: 'node8', group: 'rack2', ...entry }];
  assert.match(String(await told({ ops }, 'x', writer)), /"success"/);
  const ask = (body: object, name: string, user = reader) => told({ path: '/2/nodes/join-tokens', body }, name, user);
  const into = (group: string) => ask({ node_name: 'node9', group }, group);
  assert.equal(await into('rack2'), await into('rack7'));
  assert.match(String(await into('rack')), /OBJECT_UNKNOWN/);
  assert.doesNotMatch(String(await into('rack')), /rack2/);
  assert.equal(await ask({ node_name: 'node8' }, 'node8'), await ask({ node_name: 'node2' }, 'node2'));
  assert.match(String(await ask({ node_name: 'node8' }, 'node8', writer)), /"token"/);
  assert.match(String(await ask({ node_name: 'node9' }, 'node9')), /"token"/);
});

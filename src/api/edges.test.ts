import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GantryError, type Log, silentLog, version } from '../base/index.ts';
import { type ApiRig, plain, reader, startApiRig, writer } from './testing/api-rig.ts';
import type { HttpsRequest } from './testing/https-client.ts';

let rig: ApiRig;
let leads = true;
let closed = 0;
const lines: [text: string, facts: Record<string, unknown>][] = [];
const note = (facts: Record<string, unknown>, text: string) => lines.push([text, facts]);
const basic = (user: string) => `Basic ${Buffer.from(user).toString('base64')}`;
const users: Record<string, string[]> = { [basic(writer)]: ['write'], [basic(reader)]: ['read'], [basic(plain)]: [] };
const options: Parameters<typeof startApiRig>[0] = {
  log: { ...silentLog, info: note, warn: note, error: note } as unknown as Log,
  limits: { refusalsPerMinute: 5, accountRefusalsPerMinute: 1000 },
  requireLead: () => {
    if (!leads) throw new GantryError('STORE_UNAVAILABLE', { store: 's', detail: 'd' });
  },
  authenticator: {
    challenge: 'Other realm="x"',
    clientAuthorities: [],
    claim: ({ headers: { authorization }, basic }) => {
      if (authorization === undefined) return undefined;
      const options = users[authorization];
      return {
        guess: { account: basic?.user ?? '', secret: basic?.password ?? authorization },
        prove: async () =>
          options ? { principal: { name: 'somebody', scheme: 'other', groups: [], options } } : { refused: 'wrong-secret' },
      };
    },
    close: () => void closed++,
  },
};
before(async () => {
  rig = await startApiRig(options);
});
after(async () => {
  closed = 0;
  await rig.close();
  assert.equal(closed, 1, 'the authenticator is closed with the server');
});

const send = (method: string, path: string, request: HttpsRequest = {}) => rig.client.send(method, path, { user: writer, ...request });
const codeOf = ({ body }: { body: unknown }) => (body as { error: { code: string } }).error.code;
const logged = (text: string) => lines.filter(([one]) => one === text).map(([, facts]) => facts);

test('the members of an object that would change its prototype are dropped', async () => {
  const raw = '{"name": "g7", "__proto__": {"x": 1}, "ndparams": {"__proto__": 5}}';
  assert.equal((await send('POST', '/2/groups?dry-run=1', { raw })).status, 200);
  assert.equal(codeOf(await send('POST', '/2/groups', { raw: '{' })), 'API_BODY_MALFORMED');
  assert.equal((await send('PUT', '/2/redistribute-config', { raw: '' })).status, 200, 'an empty body is none');
});

test('what is not there is told to users alone', async () => {
  assert.equal(codeOf(await rig.client.send('GET', '/2/nosuch')), 'API_UNAUTHENTICATED');
  assert.equal(codeOf(await send('GET', '/2/nosuch', { user: plain })), 'API_PATH_UNKNOWN');
  const wrong = await send('DELETE', '/2/info?x=1', { user: plain });
  assert.deepEqual(
    [codeOf(wrong), (wrong.body as { error: { facts: object } }).error.facts],
    ['API_METHOD_UNSUPPORTED', { method: 'DELETE', path: '/2/info' }],
  );
  const none = await rig.client.send('GET', '/2/info');
  assert.equal(none.headers['www-authenticate'], 'Other realm="x"');
  assert.equal((await send('GET', '/2/nosuch')).headers['www-authenticate'], undefined);
});

test('a request is logged with its user, its path cut, and how it ended', async () => {
  await send('GET', `/2/${'x'.repeat(400)}?secret=1`);
  await send('GET', '/2/nodes/nosuch');
  await rig.client.send('GET', '/healthz');
  // By their paths: the line of the last request of another test may come only now.
  const [long, missing, open] = ['/2/xxx', '/2/nodes/nosuch', '/healthz'].map((path) =>
    logged('request').findLast((line) => String(line['path']).startsWith(path)),
  );
  assert.deepEqual([long?.['path'], long?.['user']], [`/2/${'x'.repeat(297)}`, '-'], 'no resource, no user');
  const { ms, trace, ...rest } = missing ?? {};
  assert.deepEqual(rest, { method: 'GET', path: '/2/nodes/nosuch', status: 404, user: 'somebody', ip: '127.0.0.1' });
  assert.ok(typeof ms === 'number' && ms >= 0 && /^[\da-f]{32}$/.test(String(trace)));
  assert.deepEqual([open?.['user'], open?.['status']], ['-', 200]);
});

test('a master that is not certain to lead answers what is public, and nothing else', async () => {
  leads = false;
  try {
    assert.equal(codeOf(await send('GET', '/2/info')), 'STORE_UNAVAILABLE');
    assert.equal(codeOf(await send('PUT', '/2/tags?tag=x')), 'STORE_UNAVAILABLE');
    assert.equal((await rig.client.send('GET', '/healthz')).status, 200);
  } finally {
    leads = true;
  }
  let asked = 0;
  const losing = await startApiRig({
    requireLead: () => {
      if (++asked > 1) throw new GantryError('STORE_UNAVAILABLE', { store: 's', detail: 'd' });
    },
  });
  try {
    const get = () => losing.client.send('GET', '/2/info', { user: writer });
    assert.equal(codeOf(await get()), 'STORE_UNAVAILABLE', 'it stood still while it answered');
    asked = 0;
    assert.equal((await losing.client.send('PUT', '/2/tags?tag=x&dry-run=1', { user: writer })).status, 200);
  } finally {
    await losing.close();
  }
});

test('the cluster is told once, and again when it or the name of its master changes', async () => {
  const info = (etag?: string) => send('GET', '/2/info', etag === undefined ? {} : { headers: { 'if-none-match': etag } });
  const { body, headers } = await info();
  const etag = String(headers.etag);
  assert.deepEqual([(body as Record<string, unknown>)['software_version'], headers['cache-control']], [version, 'private, no-cache']);
  assert.equal((await info(etag)).status, 304);
  const { config } = rig.services;
  await config.transact((draft) => draft.update('node', config.current.cluster.master_node, (old) => ({ ...old, name: 'renamed' })));
  const renamed = await info(etag);
  assert.deepEqual([renamed.status, (renamed.body as Record<string, unknown>)['master']], [200, 'renamed']);
  await config.transact((draft) => draft.update('cluster', config.current.cluster.uuid, (old) => ({ ...old, tags: ['new'] })));
  const changed = await info(String(renamed.headers.etag));
  assert.deepEqual([changed.status, (changed.body as Record<string, unknown>)['tags']], [200, ['new']]);
  const named = await startApiRig({ clusterInfo: { version: '9.9' } });
  try {
    const reply = await named.client.send('GET', '/2/info', { user: writer });
    assert.equal((reply.body as Record<string, unknown>)['software_version'], '9.9');
    assert.notEqual(reply.headers.etag, etag);
  } finally {
    await named.close();
  }
});

test('a query may name its fields and its filter in several ways', async () => {
  const query = (body: object, more = '') => send('PUT', `/2/query/node${more}`, { body });
  const names = ({ body }: { body: unknown }) => (body as { data: [[number, unknown]][] }).data.map(([[, name]]) => name);
  const filter = ['=', 'name', 'node2'];
  assert.deepEqual(names(await query({ fields: ['name'], qfilter: filter })), ['node2']);
  assert.deepEqual(names(await query({ fields: ['name'], filter })), ['node2']);
  assert.deepEqual(names(await query({ qfilter: filter }, '?fields=name')), ['node2']);
  assert.ok(names(await query({ fields: ['name'] })).length > 3);
  for (const fields of ['name', [1]]) assert.equal(codeOf(await query({ fields })), 'API_REQUEST_INVALID');
  const unknown = (await query({ fields: ['name', 'zork'], qfilter: filter })).body as { data: unknown; fields: object[] };
  assert.deepEqual(unknown.data, [
    [
      [0, 'node2'],
      [1, null],
    ],
  ]);
  assert.deepEqual(unknown.fields[1], { name: 'zork', title: 'zork', kind: 'unknown', doc: "Unknown field 'zork'" });
  const some = (await send('GET', '/2/query/node/fields?fields=zork,%20name')).body as { fields: { name: string; kind: string }[] };
  assert.deepEqual(
    some.fields.map(({ name, kind }) => [name, kind]),
    [
      ['zork', 'unknown'],
      ['name', 'text'],
    ],
  );
  const all = (await send('GET', '/2/query/node/fields')).body as { fields: { name: string }[] };
  const sorted = all.fields.map(({ name }) => name);
  assert.deepEqual(
    sorted,
    [...sorted].sort((one, other) => one.localeCompare(other, 'en', { numeric: true })),
  );
  const bad = await query({ fields: ['name'], qfilter: ['~~'] });
  assert.match(
    (bad.body as { message: string }).message,
    /^Failed to parse request: Cannot convert value .*, error: Unknown filter operand/,
  );
  const failed = await query({ fields: ['name'], qfilter: ['=', 'zork', 1] });
  assert.deepEqual(
    [codeOf(failed), (failed.body as { message: string }).message],
    ['API_QUERY_FAILED', 'Can&#x27;t find field named &#x27;zork&#x27;'],
  );
});

test('tags are sorted; operating systems are told with their variants, or whole', async () => {
  const { config } = rig.services;
  const uuid = config.current.nodes.find('node2')?.uuid ?? '';
  await config.transact((draft) => draft.update('node', uuid, (old) => ({ ...old, tags: ['b', 'a'] })));
  assert.deepEqual((await send('GET', '/2/nodes/node2/tags')).body, ['a', 'b']);
  assert.deepEqual((await send('GET', '/2/os')).body, ['debian+minimal', 'debian+full', 'noop']);
  const [debian] = (await send('GET', '/2/os?bulk=1')).body as object[];
  const parameters = [{ name: 'size', description: 'how large' }];
  const flags = { blacklisted: false, hidden: false, trusted: true };
  assert.deepEqual(debian, { name: 'debian', valid: true, variants: ['minimal', 'full'], parameters, api_versions: [20], ...flags });
  const page = (await send('GET', '/2/nodes/node2')).body as Record<string, unknown>;
  assert.equal(page['secondary_ip'], page['sip']);
  assert.equal(
    ((await send('GET', '/2/nodes?bulk=1')).body as object[]).some((row) => 'secondary_ip' in row),
    false,
  );
});

test('a token that is guessed counts; how a node joins is audited', async (t) => {
  lines.length = 0;
  // The address is blocked for a while after it.
  const strict = await startApiRig(options);
  t.after(() => strict.close());
  const send = (method: string, path: string, request: HttpsRequest = {}) => strict.client.send(method, path, { user: writer, ...request });
  const make = (body: object) => send('POST', '/2/nodes/join-tokens', { body });
  const made = await make({ node_name: 'node8', addresses: ['10.78.0.0/24'] });
  assert.equal(made.status, 200, made.text);
  const { token, expires_at: expires } = made.body as { token: string; expires_at: number };
  assert.ok(Math.abs(expires - Date.now() / 1000 - 3600) < 60);
  assert.equal((await make({ node_name: 'node9', group: 'nosuch' })).status >= 400, true, 'a group has to be there');
  const [token_id = '', secret = ''] = token.split('.');
  const request = { token_id, secret, csr: 'request', primary_ip: '10.78.0.8', agent_port: 1811 };
  const join = (more: object = {}) => strict.client.send('POST', '/2/nodes/join', { body: { ...request, ...more } });
  const joined = await join({ secondary_ip: '10.78.0.9' });
  assert.equal(joined.status, 200, joined.text);
  const { node_uuid, job_id } = joined.body as { node_uuid: string; job_id: number };
  const { ops } = (await send('GET', `/2/jobs/${job_id}`)).body as { ops: Record<string, unknown>[] };
  assert.deepEqual([ops[0]?.['primary_ip'], ops[0]?.['secondary_ip']], ['10.78.0.8', '10.78.0.9']);
  const [created, ...others] = logged('join token created') as { trace?: string }[];
  const { trace, ...line } = created ?? {};
  assert.match(String(trace), /^[\da-f]{32}$/);
  assert.deepEqual([line, others], [{ audit: true, user: 'somebody', action: 'create join token', node: 'node8' }, []]);
  assert.deepEqual(logged('a node joins'), [{ audit: true, action: 'join', node: node_uuid, job: job_id }]);
  for (let guess = 0; guess < 5; guess++) assert.equal(codeOf(await join({ secret: `${secret}x` })), 'JOIN_TOKEN_INVALID');
  const late = await join({ secret: `${secret}x` });
  assert.equal(codeOf(late), 'API_TOO_MANY_REQUESTS');
  const { facts } = (late.body as { error: { facts: { seconds: number } } }).error;
  assert.equal(late.headers['retry-after'], String(facts.seconds));
});

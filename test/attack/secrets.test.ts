/** Nothing that anybody but the OS scripts can read holds a secret parameter, at any moment of the life of its job. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, beforeEach, test } from 'node:test';
import pino from 'pino';
import { openAuthenticator, usersFileOnly } from '../../src/access/index.ts';
import { createApi } from '../../src/api/index.ts';
import { type HttpsReply, httpsClient } from '../../src/api/testing/https-client.ts';
import { writeTestCertificate } from '../../src/api/testing/test-certificate.ts';
import { systemClock } from '../../src/base/index.ts';
import { type Leading, lead } from '../../src/cluster/index.ts';
import { createOsAdapter } from '../../src/node/os/os-adapter.ts';
import { createNodeClient } from '../../src/rpc/index.ts';
import { createSecretBox, newSecretKey, openStore, type Store } from '../../src/store/index.ts';
import { type FakeNodes, startFakeNodes } from '../support/fake-nodes.ts';
import { masterCredentials, writeCluster } from '../support/write-cluster.ts';

const declared = 'declared-Zq81';
const kept = 'kept-Xw42,with=signs';
const once = 'once-Mv73"quoted"';
const late = 'default-Jk55';
const secrets = [declared, kept, once, late];
const user = 'admin:pw';
const keys = [newSecretKey()];

/** Shows what it gets, waits for the file `go`, and leaves digests where the test finds them. */
const createScript = `#!/bin/bash
for value in "$OSP_ROOT_PASSWORD" "$OSP_NOTE" "$OSP_ONCE" "$OSP_LATE"; do
  echo "got $value"
  echo "got $value" >&2
  printf %s "$value" | sha256sum >> DIR/digests
done
printenv
for i in $(seq 200); do [ -e DIR/go ] && break; sleep 0.05; done
[ "$OSP_FAIL" = 1 ] && { echo "cannot work with $OSP_ROOT_PASSWORD"; exit 1; }
exit 0
`;

let dir = '';
let nodes: FakeNodes;
let store: Store;
let leading: Leading;
let api: Awaited<ReturnType<typeof createApi>>;
let client: ReturnType<typeof httpsClient>;
let answers = '';

async function startMaster(): Promise<void> {
  const log = pino({ level: 'trace' }, pino.destination({ dest: join(dir, 'state', 'master.log'), sync: true }));
  const credentials = await masterCredentials(nodes);
  store = await openStore(`sqlite:${join(dir, 'state', 'store.db')}`);
  leading = await lead({
    ...{ store, name: 'node1', clock: systemClock, log, signal: new AbortController().signal, pollIntervalMs: 200 },
    secrets: createSecretBox(keys),
    authority: {
      ca: '',
      revocationList: async () => '',
      useRevocationList: async () => undefined,
      encodeToken: () => '',
      signNode: async () => ({ certificate: '', fingerprint: '', serial: 'f', expires: 4e9 }),
    },
    connect: (config, term) =>
      createNodeClient({
        ...{ credentials, term, log },
        resolve: (uuid) => {
          const node = config.current.nodes.get(uuid);
          return node && { name: node.name, address: '127.0.0.1', port: node.agent_port, fingerprint: node.certificate_fingerprint };
        },
      }),
  });
  await leading.start();
  const { live, config } = leading.services;
  const node = [...config.current.nodes.values()][0]?.uuid ?? '';
  for (let look = 0; !live.node(node)?.info.secret_osparams?.['leaky']; look++) {
    assert.ok(look < 400, 'the node does not tell of its OS');
    await systemClock.sleep(50);
  }
  const tls = await writeTestCertificate(dir);
  await writeFile(join(dir, 'users'), 'admin pw write\n');
  const authenticator = await openAuthenticator(usersFileOnly(join(dir, 'users')), { log, clock: systemClock });
  api = await createApi({ ...leading.services, tls, authenticator, openConsole: async () => new PassThrough() });
  client = httpsClient(await api.listen({ host: '127.0.0.1', port: 0 }), tls.pem);
}

async function stopMaster(): Promise<void> {
  client.close();
  await api.close();
  await leading.close();
  await store.close();
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-secrets-'));
  const definition = join(dir, 'os', 'leaky');
  await mkdir(definition, { recursive: true });
  await mkdir(join(dir, 'state'));
  const files = {
    ganeti_api_version: '20\n',
    'parameters.list': 'root_password\nnote\nonce\nlate\nhello\nfail\n',
    'parameters.secret': 'root_password\nlate private\n',
    ...Object.fromEntries(
      ['import', 'export', 'rename', 'verify'].map((name) => [name, '#!/bin/sh\necho "checking $OSP_ROOT_PASSWORD"\n']),
    ),
    create: createScript.replaceAll('DIR', dir),
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(definition, name), text);
    await chmod(join(definition, name), text.startsWith('#!') ? 0o755 : 0o644);
  }
  const logDir = join(dir, 'state', 'node1', 'log');
  nodes = await startFakeNodes(join(dir, 'state'), 1, {
    os: createOsAdapter({ searchPath: [join(dir, 'os')], logDir, workDir: join(dir, 'work') }),
    log: pino({ level: 'trace' }, pino.destination({ dest: join(dir, 'state', 'agent.log'), sync: true })),
  });
  await writeCluster(`sqlite:${join(dir, 'state', 'store.db')}`, nodes);
  await startMaster();
  await ended((await send('PUT', '/2/modify', { osparams: { leaky: { late } } })).body);
});
beforeEach(async () => {
  for (const name of ['go', 'digests']) await rm(join(dir, name), { force: true });
});

after(async () => {
  await stopMaster();
  await nodes.close();
  await rm(dir, { recursive: true, force: true });
});

async function send(method: string, path: string, body?: unknown): Promise<HttpsReply> {
  const reply = await client.send(method, path, { user, ...(body === undefined ? {} : { body }) });
  answers += `${JSON.stringify(reply.headers)} ${reply.text}\n`;
  return reply;
}

/** Every file below a folder that holds a secret, and every process that shows one in its arguments. */
async function whereSecretsAre(): Promise<string[]> {
  const found: string[] = [];
  const look = (where: string, bytes: Buffer) => {
    for (const secret of secrets) {
      const forms = [secret, JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')];
      if (forms.some((form) => bytes.includes(form))) found.push(`${where}: ${secret}`);
    }
  };
  for (const entry of await readdir(join(dir, 'state'), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) look(entry.name, await readFile(join(entry.parentPath, entry.name)));
  }
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    look(`process ${pid}`, await readFile(`/proc/${pid}/cmdline`).catch(() => Buffer.alloc(0)));
  }
  look('answers', Buffer.from(answers));
  return found;
}

const instance = (name: string, more: Record<string, string> = {}) => ({
  ...{ __version__: 1, mode: 'create', instance_name: name, os_type: 'leaky', hypervisor: 'fake', disk_template: 'sharedfile' },
  ...{ disks: [{ size: 64 }], nics: [], beparams: { maxmem: 128, minmem: 128 }, pnode: 'node1' },
  osparams: { root_password: declared, hello: 'world', ...more },
  osparams_private: { note: kept },
  osparams_secret: { once },
});

async function ended(job: unknown): Promise<{ status: string; ops: Record<string, unknown>[]; opresult: unknown[] }> {
  for (let look = 0; look < 400; look++) {
    const body = (await send('GET', `/2/jobs/${job}`)).body as Awaited<ReturnType<typeof ended>>;
    if (['success', 'error', 'canceled'].includes(body.status)) return body;
    await systemClock.sleep(50);
  }
  throw new Error(`job ${job} does not end`);
}

async function askEverything(job: unknown): Promise<void> {
  const names = async (what: string) =>
    ((await send('GET', `/2/query/${what}/fields`)).body as { fields?: { name: string }[] }).fields ?? [];
  for (const what of ['instance', 'job', 'node', 'os', 'network', 'group', 'lock']) {
    const fields = (await names(what)).map(({ name }) => name).join(',');
    await send('GET', `/2/query/${what}?fields=${fields}`);
  }
  for (const path of [
    `/2/jobs/${job}`,
    '/2/jobs?bulk=1',
    '/2/instances?bulk=1',
    '/2/instances/web1',
    '/2/info',
    '/2/nodes?bulk=1',
    '/2/os',
  ]) {
    await send('GET', path);
  }
}

test('the scripts get every secret, and nobody else does', { timeout: 60_000 }, async () => {
  const job = (await send('POST', '/2/instances', instance('web1'))).body;
  for (let look = 0; !(await readFile(join(dir, 'digests'), 'utf8').catch(() => '')).includes(digest(late)); look++) {
    assert.ok(look < 400, `the script does not run: ${JSON.stringify((await send('GET', `/2/jobs/${job}`)).body)}`);
    await systemClock.sleep(50);
  }
  await askEverything(job);
  assert.deepEqual(await whereSecretsAre(), []);
  await writeFile(join(dir, 'go'), '');
  const { status, ops } = await ended(job);
  assert.equal(status, 'success');
  const shown = {
    osparams: { hello: 'world' },
    osparams_private: { note: '<redacted>' },
    osparams_secret: { root_password: '<redacted>', once: '<redacted>' },
  };
  for (const [name, value] of Object.entries(shown)) assert.deepEqual(ops[0]?.[name], value, name);
  const digests = (await readFile(join(dir, 'digests'), 'utf8')).split('\n').map((line) => line.split(' ')[0]);
  assert.deepEqual(digests.filter(Boolean), [declared, kept, once, late].map(digest));
  await askEverything(job);
  const log =
    (await readdir(join(dir, 'state', 'node1', 'log', 'os'))).find((name) => name.startsWith('create-') && name.includes('web1')) ?? '';
  const output = await readFile(join(dir, 'state', 'node1', 'log', 'os', log), 'utf8');
  assert.match(output, /OSP_ROOT_PASSWORD=<redacted>/);
  assert.match(output, /OSP_HELLO=world/);
  assert.deepEqual(await whereSecretsAre(), []);
  const ofEnded = async (prefix: string) => JSON.stringify((await store.range(prefix)).entries);
  assert.doesNotMatch(await ofEnded('/jobs/'), /gantry-sealed/, 'not even encrypted ones stay with an ended job');
  // Private ones are kept, secret ones are not, whoever declared them so.
  const { data } = (await send('GET', '/2/query/instance?fields=name,osparams,osparams_private')).body as { data: [number, unknown][][] };
  assert.deepEqual(data.find(([name]) => name?.[1] === 'web1')?.slice(1), [
    [0, { hello: 'world' }],
    [0, { late: '<redacted>', note: '<redacted>' }],
  ]);
});

test('a failure, a dry run and the archive show nothing either', { timeout: 60_000 }, async () => {
  await writeFile(join(dir, 'go'), '');
  const failed = await ended((await send('POST', '/2/instances', instance('web2', { fail: '1' }))).body);
  assert.equal(failed.status, 'error');
  assert.match(JSON.stringify(failed.opresult), /cannot work with <redacted>/);
  const dry = await ended((await send('POST', '/2/instances?dry-run=1', instance('web3'))).body);
  assert.equal(dry.status, 'success');
  assert.match(JSON.stringify(dry), /"note":"<redacted>"/);
  const unknown = await ended((await send('POST', '/2/instances', { ...instance('web4'), os_type: 'nosuch' })).body);
  assert.equal(unknown.status, 'error');
  const double = await send('POST', '/2/instances', { ...instance('web5'), osparams_private: { once: kept } });
  assert.equal(double.status, 400);
  const stored = JSON.stringify((await store.range('/jobs/')).entries);
  assert.doesNotMatch(stored, /gantry-sealed/, 'not even encrypted ones stay with a job that failed or was dry');
  await leading.services.jobs.autoArchive(0);
  assert.deepEqual(await whereSecretsAre(), []);
});

test('after a new key, everything stored is encrypted with it, and the old one is not needed', { timeout: 60_000 }, async () => {
  const [old] = keys;
  await stopMaster();
  keys.unshift(newSecretKey());
  await startMaster();
  for (let look = 0; look < 200; look++) {
    const text = JSON.stringify((await store.range('/config/')).entries);
    assert.match(text, /gantry-sealed/);
    if (!text.includes(`gantry-sealed:1:${old?.id}:`)) break;
    assert.ok(look < 199, 'values of the old key are left');
    await systemClock.sleep(50);
  }
  await stopMaster();
  keys.pop();
  await writeFile(join(dir, 'go'), '');
  await startMaster();
  const web6 = await ended((await send('POST', '/2/instances', instance('web6'))).body);
  assert.equal(web6.status, 'success');
  assert.ok((await readFile(join(dir, 'digests'), 'utf8')).includes(digest(late)));
  assert.deepEqual(await whereSecretsAre(), []);
});

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { findCluster } from './client-config.ts';
import { readContexts, removeContext, userContextsFile, writeContext } from './contexts.ts';

let home: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gantry-contexts-'));
  env = { HOME: home };
});
afterEach(() => rm(home, { recursive: true }));

test('a cluster that is written is found and is the current one, in a file for its owner alone', async () => {
  await writeContext('lab', { rapi_url: 'https://10.0.0.1:5080' }, env);
  await writeContext('local', { rapi_url: 'https://10.0.0.2:5080' }, env);
  assert.deepEqual(readContexts(env), {
    current: 'local',
    clusters: { lab: { rapi_url: 'https://10.0.0.1:5080' }, local: { rapi_url: 'https://10.0.0.2:5080' } },
  });
  assert.equal((await stat(userContextsFile(env))).mode & 0o777, 0o600);
  assert.equal(findCluster({}, env).url.origin, 'https://10.0.0.2:5080');
  assert.equal(findCluster({ cluster: 'lab' }, env).url.origin, 'https://10.0.0.1:5080');
});

test('a cluster that is removed is forgotten, and another becomes the current one', async () => {
  await writeContext('lab', { rapi_url: 'https://10.0.0.1:5080' }, env);
  await writeContext('local', { rapi_url: 'https://10.0.0.2:5080' }, env);
  await removeContext('local', env);
  assert.deepEqual(readContexts(env), { current: 'lab', clusters: { lab: { rapi_url: 'https://10.0.0.1:5080' } } });
  await removeContext('lab', env);
  await removeContext('lab', env);
  assert.throws(() => findCluster({}, env), { code: 'CLI_CLUSTER_NOT_SET' });
});

test('options go before the environment, a named cluster before both, the current cluster comes last', async () => {
  await writeContext('lab', { rapi_url: 'https://lab:5080' }, env);
  const full = { ...env, GANTRY_URL: 'https://env:5080' };
  assert.equal(findCluster({}, full).url.hostname, 'env');
  assert.equal(findCluster({ url: 'https://flag:5080' }, full).url.hostname, 'flag');
  assert.equal(findCluster({ cluster: 'lab' }, full).url.hostname, 'lab');
  assert.equal(findCluster({ url: 'flag.example.org' }, full).url.href, 'https://flag.example.org:5080/');
});

test('the first line of the credentials file has user and password; Ganeti users files fit too', async () => {
  const file = join(home, 'credentials');
  await writeFile(file, '# a comment\nanna geheim write\n');
  const config = findCluster({ url: 'https://a:5080', credentialsFile: file }, env);
  assert.deepEqual(config.credentials, { user: 'anna', password: 'geheim' });
  await writeFile(file, 'anna\n');
  assert.throws(() => findCluster({ url: 'https://a:5080', credentialsFile: file }, env), { code: 'CLI_CREDENTIALS_UNREADABLE' });
  await rm(file);
  assert.throws(() => findCluster({ url: 'https://a:5080', credentialsFile: file }, env), { code: 'CLI_CREDENTIALS_UNREADABLE' });
});

test('an unknown cluster is refused with the known ones', async () => {
  await writeContext('local', { rapi_url: 'https://a:5080' }, env);
  assert.throws(() => findCluster({ cluster: 'locla' }, env), { code: 'CLI_CLUSTER_UNKNOWN', message: /Did you mean "local"/ });
});

test('addresses without TLS or with a password in them are refused', () => {
  assert.throws(() => findCluster({ url: 'http://a:5080' }, env), { code: 'CLI_USAGE' });
  assert.throws(() => findCluster({ url: 'https://user:pw@a:5080' }, env), { code: 'CLI_USAGE', message: /must not contain a password/ });
});

test('a file that is not what it should be is refused and left alone', async () => {
  await writeContext('local', { rapi_url: 'https://a:5080' }, env);
  for (const text of ['{ not json', '[]', '{"clusters":{"a":{}}}', '{"current":1,"clusters":{}}']) {
    await writeFile(userContextsFile(env), text);
    assert.throws(() => readContexts(env), { code: 'CLI_CONFIG_UNREADABLE' });
    await assert.rejects(writeContext('b', { rapi_url: 'https://b:5080' }, env), { code: 'CLI_CONFIG_UNREADABLE' });
    assert.equal(await readFile(userContextsFile(env), 'utf8'), text);
  }
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { GantryError } from '../../base/index.ts';
import { findCluster } from './client-config.ts';
import { readContexts, userContextsFile } from './contexts.ts';

const home = mkdtempSync(join(tmpdir(), 'gantry-config-'));
const file = (name: string, text: string) => {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
};
let env: Record<string, string>;
let files: Record<'flagCa' | 'envCa' | 'labCa' | 'flagUser' | 'envUser' | 'labUser', string>;

before(() => {
  files = {
    flagCa: file('flag.pem', 'CA of the flag'),
    envCa: file('env.pem', 'CA of the environment'),
    labCa: file('lab.pem', 'CA of the lab'),
    flagUser: file('flag.user', 'flag pw'),
    envUser: file('env.user', 'env pw'),
    labUser: file('lab.user', 'lab pw'),
  };
  env = { HOME: home };
  mkdirSync(join(home, '.config', 'gantry'), { recursive: true });
  const lab = { rapi_url: 'https://lab:5081', ca_file: files.labCa, credentials_file: files.labUser };
  writeFileSync(userContextsFile(env), JSON.stringify({ clusters: { lab } }));
});
after(() => rmSync(home, { recursive: true }));

const chosen = (options: Parameters<typeof findCluster>[0], more: Record<string, string> = {}) => {
  const { url, ca, caFile, credentials } = findCluster(options, { ...env, ...more });
  return [url.host, ca, caFile, credentials?.user];
};
const fromEnv = () => ({ GANTRY_URL: 'https://env:5082', GANTRY_CA_FILE: files.envCa, GANTRY_CREDENTIALS_FILE: files.envUser });

test('each part comes from the options, else the environment, else the file of known clusters', () => {
  assert.deepEqual(chosen({}), ['lab:5081', 'CA of the lab', files.labCa, 'lab'], 'the only one is the current one');
  assert.deepEqual(chosen({}, fromEnv()), ['env:5082', 'CA of the environment', files.envCa, 'env']);
  assert.deepEqual(chosen({ caFile: files.flagCa, credentialsFile: files.flagUser }, fromEnv()), [
    'env:5082',
    'CA of the flag',
    files.flagCa,
    'flag',
  ]);
  assert.deepEqual(
    chosen({ cluster: 'lab' }, fromEnv()),
    ['lab:5081', 'CA of the lab', files.labCa, 'lab'],
    'nothing of another cluster is mixed in',
  );
  assert.deepEqual(chosen({ cluster: 'lab', caFile: files.flagCa }, fromEnv()), ['lab:5081', 'CA of the flag', files.flagCa, 'lab']);
  assert.deepEqual(
    chosen({}, { ...fromEnv(), GANTRY_URL: '' }),
    ['lab:5081', 'CA of the environment', files.envCa, 'env'],
    'an empty word says nothing',
  );
  assert.deepEqual(
    chosen({ url: 'https://flag' }),
    ['flag:5080', undefined, undefined, undefined],
    'nothing of the file is sent elsewhere',
  );
});

test('an address has https and a port, the default one if none is named', () => {
  const origin = (url: string) => findCluster({ url }, env).url.origin;
  assert.equal(origin('master'), 'https://master:5080');
  assert.equal(origin('https://master'), 'https://master:5080');
  assert.equal(origin('master:6000'), 'https://master:6000');
  assert.equal(origin('https://master:443'), 'https://master', 'port 443 when it is asked for');
  assert.equal(origin('https://[::1]:7000'), 'https://[::1]:7000');
  for (const [url, problem] of [
    ['http://a', /is not the address of a cluster/],
    ['https://', /is not the address of a cluster/],
    ['a b', /is not the address of a cluster/],
    ['', /is not the address of a cluster/],
    ['https://user@a', /must not contain a password/],
    ['https://:pw@a', /must not contain a password/],
  ] as const) {
    assert.throws(() => findCluster({ url }, env), { code: 'CLI_USAGE', message: problem }, url);
  }
});

test('files that cannot be read are named', () => {
  const url = 'https://a';
  assert.throws(() => findCluster({ url, caFile: '/no/such.pem' }, env), { code: 'CLI_CA_UNREADABLE', message: /\/no\/such\.pem/ });
  assert.throws(() => findCluster({ url, credentialsFile: '/no/such' }, env), {
    code: 'CLI_CREDENTIALS_UNREADABLE',
    message: /\/no\/such.*ENOENT/,
  });
  for (const text of ['', '\n\n', '# only a comment\n', 'user', 'user \n']) {
    const credentialsFile = file('bad.user', text);
    assert.throws(() => findCluster({ url, credentialsFile }, env), {
      code: 'CLI_CREDENTIALS_UNREADABLE',
      message: /no line with a user name and a password/,
    });
  }
  const credentialsFile = file('good.user', '\n  \n# comment\n  anna\tsecret more\nother x\n');
  assert.deepEqual(findCluster({ url, credentialsFile }, env).credentials, { user: 'anna', password: 'secret' });
});

test('without a cluster the files are named where one could be', () => {
  const none = { HOME: join(home, 'nobody') };
  assert.throws(
    () => findCluster({}, none),
    (error: GantryError) => {
      assert.equal(error.code, 'CLI_CLUSTER_NOT_SET');
      assert.equal(error.facts['files'], `${join(home, 'nobody', '.config/gantry/clusters.json')} or /etc/gantry/clusters.json`);
      return true;
    },
  );
  assert.throws(() => findCluster({ cluster: 'x' }, none), { code: 'CLI_CLUSTER_UNKNOWN', facts: { name: 'x', known: 'none', hint: '' } });
  const two = join(home, 'two');
  mkdirSync(join(two, 'gantry'), { recursive: true });
  const write = (value: unknown) => writeFileSync(join(two, 'gantry', 'clusters.json'), JSON.stringify(value));
  const [a, b] = [{ rapi_url: 'https://a' }, { rapi_url: 'https://b' }];
  write({ current: null, clusters: { a, b } });
  const other = { HOME: home, XDG_CONFIG_HOME: two };
  assert.throws(() => findCluster({}, other), { code: 'CLI_CLUSTER_NOT_SET' }, 'none of two is chosen by chance');
  write({ current: 'b', clusters: { a, b } });
  assert.equal(findCluster({}, other).url.hostname, 'b');
  assert.equal(findCluster({ cluster: 'a' }, other).url.hostname, 'a');
  write({ current: 'gone', clusters: { a } });
  assert.throws(() => findCluster({}, other), { code: 'CLI_CLUSTER_UNKNOWN', facts: { name: 'gone', known: 'a', hint: '' } });
});

test('a file of known clusters has the form that is described, or says what is wrong', () => {
  const at = join(home, 'forms');
  mkdirSync(join(at, 'gantry'), { recursive: true });
  const read = (text: string) => {
    writeFileSync(join(at, 'gantry', 'clusters.json'), text);
    return readContexts({ XDG_CONFIG_HOME: at });
  };
  assert.deepEqual(read('{"clusters":{}}'), { current: null, clusters: {} });
  for (const [text, detail] of [
    ['null', /not of the form/],
    ['{"clusters":[]}', /not of the form/],
    ['{"clusters":null}', /not of the form/],
    ['{"current":1,"clusters":{}}', /not of the form/],
    ['{"clusters":{"a":null}}', /cluster "a" has no rapi_url/],
    ['{"clusters":{"b":{"rapi_url":"https://b"},"a":{"rapi_url":1}}}', /cluster "a" has no rapi_url/],
    ['{', /JSON/],
  ] as const) {
    assert.throws(() => read(text), { code: 'CLI_CONFIG_UNREADABLE', message: detail }, text);
  }
  assert.deepEqual(
    readContexts({ XDG_CONFIG_HOME: join(home, 'flag.pem') }).clusters,
    {},
    'a file in place of its folder is no file of clusters',
  );
});

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { run } from '../../base/index.ts';
import { createAuthority, createCertificate, createRevocationList } from '../../rpc/index.ts';

const main = join(import.meta.dirname, '..', 'main.ts');
const token = 'a-token-of-sufficient-length';
const dir = mkdtempSync(join(tmpdir(), 'gantry-monitor-'));
const nodeFiles = join(dir, 'node');
/** The same with a key that others may read; without an authority. */
const [openKey, ownOnly] = [join(dir, 'open'), join(dir, 'own')];
let ca = '';
let client: { key: string; certificate: string };
let stranger: { key: string; certificate: string };

before(async () => {
  const authority = await createAuthority('test');
  ca = authority.certificate;
  client = await createCertificate(authority, { role: 'master', name: 'master', addresses: [] });
  stranger = await createCertificate(await createAuthority('other'), { role: 'master', name: 'master', addresses: [] });
  const node = await createCertificate(authority, { role: 'node', name: 'node1', addresses: ['127.0.0.1'] });
  const { mkdir, writeFile } = await import('node:fs/promises');
  await mkdir(nodeFiles);
  await writeFile(join(nodeFiles, 'node.key'), node.key);
  await writeFile(join(nodeFiles, 'node.crt'), node.certificate);
  await writeFile(join(nodeFiles, 'ca.crt'), ca);
  await writeFile(join(nodeFiles, 'ca.crl'), await createRevocationList(authority, []));
  chmodSync(join(nodeFiles, 'node.key'), 0o600);
  cpSync(nodeFiles, openKey, { recursive: true });
  chmodSync(join(openKey, 'node.key'), 0o644);
  cpSync(nodeFiles, ownOnly, { recursive: true });
  for (const name of ['ca.crt', 'ca.crl']) rmSync(join(ownOnly, name));
  writeFileSync(join(dir, 'tokens'), `# readers\n${token}\n`, { mode: 0o640 });
});
after(() => rmSync(dir, { recursive: true }));

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  /** What its log has so far. */
  readonly log: () => string;
  /** Exit code and signal; watched from the start, since an agent may end before anybody asks. */
  readonly ended: Promise<unknown[]>;
}

/** Starts the agent as an operator would, and waits until it serves. */
async function start(...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [main, 'monitor', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (chunk) => (said += String(chunk)));
  const ended = once(child, 'exit');
  const port = await until('it serves, or has ended', () => /"port":(\d+)/.exec(said)?.[1] ?? child.exitCode !== null, { seconds: 60 });
  if (port === true) return assert.fail(said);
  return { child, port: Number(port), log: () => said, ended };
}

async function stop({ child, ended }: Running): Promise<unknown> {
  child.kill('SIGTERM');
  const [code] = await ended;
  return code;
}

interface Identity {
  readonly key: string;
  readonly certificate: string;
}

/** Status of the answer over TLS, or what became of the connection. */
async function askTls(port: number, who: Identity | undefined, bearer?: string): Promise<number | string> {
  const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const identity = who ? { key: who.key, cert: who.certificate } : {};
  const request = httpsRequest({ host: '127.0.0.1', port, path: '/2/report/all', ca, headers, agent: false, ...identity }).end();
  try {
    const [response] = await once(request, 'response');
    response.resume();
    return response.statusCode;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

test('without a cluster it answers on loopback from real files, and ends when it is told to', { timeout: 60_000 }, async () => {
  const agent = await start('--listen', '127.0.0.1:0');
  try {
    const names = (await (await fetch(`http://127.0.0.1:${agent.port}/1/list/collectors`)).json()) as [string][];
    assert.ok(names.some(([name]) => name === 'cpu-avg-load'));
    await until('processors are counted', async () => {
      const reply = await fetch(`http://127.0.0.1:${agent.port}/2/report/default/cpu-avg-load`);
      return ((await reply.json()) as { data: { cpu_number?: number } }).data.cpu_number !== undefined;
    });
    const page = await (await fetch(`http://127.0.0.1:${agent.port}/metrics`)).text();
    assert.match(page, /^gantry_node_cpu_load_cores\{window="60"\}/m);
  } finally {
    assert.equal(await stop(agent), 0);
  }
});

test('what is set for collectors counts from the start, and anew on SIGHUP', { timeout: 60_000 }, async () => {
  const config = join(dir, 'monitor.json');
  const set = (settings: object) => writeFileSync(config, JSON.stringify({ data_collectors: settings }));
  set({ lv: { active: false } });
  const agent = await start('--listen', '127.0.0.1:0', '--config', config);
  try {
    const shown = async () => {
      const list = (await (await fetch(`http://127.0.0.1:${agent.port}/1/list/collectors`)).json()) as [string][];
      return ['lv', 'drbd'].filter((name) => list.some(([one]) => one === name));
    };
    assert.deepEqual(await shown(), ['drbd']);
    set({ drbd: { active: false }, memroy: { active: false } });
    agent.child.kill('SIGHUP');
    await until('lv is shown first', async () => (await shown())[0] === 'lv');
    assert.deepEqual(await shown(), ['lv']);
    await until('the misspelt name is logged', () => /"level":40.*"collector":"memroy","did_you_mean":"memory"/.test(agent.log()));
    set({ 'node-health': { command: 'no-such-command' } });
    agent.child.kill('SIGHUP');
    const health = async () => (await fetch(`http://127.0.0.1:${agent.port}/2/report/node/node-health`)).text();
    // It is not there, and maybe not even its folder.
    await until('the missing command is reported', async () => /no-such-command fails: ENOENT/.test(await health()));
  } finally {
    assert.equal(await stop(agent), 0);
  }
});

describe('beyond loopback', () => {
  const refused: readonly (readonly [what: string, args: string[], text: RegExp])[] = [
    ['plain HTTP for everybody', ['--listen', '0.0.0.0:0'], /MONITOR_OPEN_TO_ALL/],
    ['plain HTTP for everybody, IPv6', ['--listen', '[::]:0'], /MONITOR_OPEN_TO_ALL/],
    ['tokens that can be overheard', ['--listen', '0.0.0.0:0', '--token-file', join(dir, 'tokens')], /MONITOR_OPEN_TO_ALL/],
    ['a host name that only looks like loopback', ['--listen', '127.example.org:0'], /MONITOR_OPEN_TO_ALL/],
    ['certificates that are not there', ['--listen', '0.0.0.0:0', '--certificates', '/nosuch'], /MONITOR_CERTIFICATES_UNUSABLE[^]*ENOENT/],
    ['an address that is none of this host', ['--insecure', '--listen', '192.0.2.1:0'], /MONITOR_LISTEN_FAILED[^]*EADDRNOTAVAIL/],
    ['settings that are none', ['--config', join(nodeFiles, 'node.crt')], /MONITOR_CONFIG_UNUSABLE[^]*JSON/],
    ['settings of plugins that are none', ['--plugin-settings', join(nodeFiles, 'node.crt')], /MONITOR_PLUGIN_SETTINGS_INVALID/],
    ['no address', ['--listen', 'here'], /INPUT_INVALID/],
    ['a port that is none', ['--listen', '127.0.0.1:99999'], /INPUT_INVALID/],
    ['an unknown option', ['--listne', '127.0.0.1:0'], /CLI_OPTION_UNKNOWN.*--listen/],
    ['an option without its value', ['--certificates', '--insecure'], /CLI_USAGE.*--certificates FOLDER/],
    ['a value for a switch', ['--insecure=yes'], /CLI_USAGE.*switch/],
    ['a word too many', ['here'], /CLI_USAGE.*"here"/],
    ['a word that is no command', ['plugin', 'chek'], /CLI_COMMAND_UNKNOWN.*"check"/],
    ['a key that everybody may read', ['--certificates', openKey], /MONITOR_CERTIFICATES_UNUSABLE[^]*everybody may read/],
    ['TLS of which nobody could ask', ['--certificates', ownOnly], /MONITOR_CERTIFICATES_UNUSABLE[^]*ca\.crt/],
  ];
  for (const [what, args, text] of refused) {
    test(`refused: ${what}`, async () => {
      const { code, stderr } = await run(process.execPath, [main, 'monitor', ...args], {
        okCodes: [1, 2, 3, 4, 5, 6, 7, 8],
        timeoutMs: 30_000,
      });
      assert.notEqual(code, 0);
      assert.match(stderr, text);
      assert.match(stderr, /what to do/);
    });
  }

  test('plain HTTP when that is asked for', async () => {
    const agent = await start('--listen', '0.0.0.0:0', '--insecure');
    assert.equal((await fetch(`http://127.0.0.1:${agent.port}/`)).status, 200);
    assert.equal(await stop(agent), 0);
  });

  test('with TLS for holders of a certificate of the cluster, and of a token', async () => {
    const agent = await start('--listen', '0.0.0.0:0', '--certificates', nodeFiles, '--token-file', join(dir, 'tokens'));
    try {
      assert.equal(await askTls(agent.port, client), 200);
      assert.equal(await askTls(agent.port, undefined, token), 200);
      assert.equal(await askTls(agent.port, undefined), 401);
      assert.equal(await askTls(agent.port, undefined, `${token}x`), 401);
      assert.equal(await askTls(agent.port, stranger), 401);
      await assert.rejects(fetch(`http://127.0.0.1:${agent.port}/`), 'plain HTTP is not answered');
    } finally {
      assert.equal(await stop(agent), 0);
    }
  });
});

test('with TLS and no authority for bearers of a token; tokens are read again on SIGHUP', { timeout: 60_000 }, async () => {
  const tokens = join(dir, 'changing-tokens');
  writeFileSync(tokens, `${token}\n`, { mode: 0o600 });
  const agent = await start('--listen', '0.0.0.0:0', '--certificates', ownOnly, '--token-file', tokens);
  const heard = async (line: RegExp) => {
    await until(`the log has ${line.source}`, () => line.test(agent.log()));
  };
  try {
    assert.deepEqual([await askTls(agent.port, client), await askTls(agent.port, undefined, token)], [401, 200]);
    writeFileSync(tokens, 'short\n');
    agent.child.kill('SIGHUP');
    await heard(/shorter than 16 characters.*tokens could not be read again/);
    assert.equal(await askTls(agent.port, undefined, token), 200);
    writeFileSync(tokens, `${token}-of-tomorrow\n`);
    agent.child.kill('SIGHUP');
    await until('the new token is taken', async () => (await askTls(agent.port, undefined, `${token}-of-tomorrow`)) === 200);
    assert.equal(await askTls(agent.port, undefined, token), 401);
  } finally {
    assert.equal(await stop(agent), 0);
  }
});

test('an authority that vanishes while the agent runs opens it to nobody', { timeout: 60_000 }, async () => {
  const folder = join(dir, 'vanishing');
  cpSync(nodeFiles, folder, { recursive: true });
  const agent = await start('--listen', '0.0.0.0:0', '--certificates', folder);
  try {
    for (const name of ['ca.crl', 'ca.crt']) {
      rmSync(join(folder, name));
      agent.child.kill('SIGHUP');
      await until(`${name} is missed`, () => agent.log().includes(`${name} is missing`));
      assert.deepEqual(
        [await askTls(agent.port, client), await askTls(agent.port, stranger), await askTls(agent.port, undefined)],
        [200, 401, 401],
      );
    }
  } finally {
    assert.equal(await stop(agent), 0);
  }
});

test('told to end twice, it ends once, in order', async () => {
  const agent = await start('--listen', '127.0.0.1:0');
  agent.child.kill('SIGTERM');
  await until('it is told to end', () => agent.log().includes('told to end'));
  agent.child.kill('SIGTERM');
  const [code, signal] = await agent.ended;
  assert.deepEqual([code, signal], [0, null]);
});

test('what it tells of its log is gone when it has ended in order', async () => {
  const runDir = join(dir, 'run-full-log');
  const word = join(runDir, 'monitor-log.json');
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [main, 'monitor', '--listen', '127.0.0.1:0', '--run-dir', runDir], {
    stdio: ['ignore', 'ignore', full],
  });
  const ended = once(child, 'exit');
  closeSync(full);
  try {
    await until('it tells of its log', () => existsSync(word), { seconds: 60 });
    assert.match(readFileSync(word, 'utf8'), /ENOSPC/);
  } finally {
    child.kill('SIGTERM');
  }
  assert.deepEqual(await ended, [0, null]);
  assert.deepEqual(readdirSync(runDir), []);
});

test('a check of plugins says whether one is refused or fails', async () => {
  const plugins = join(dir, 'plugins');
  mkdirSync(plugins, { mode: 0o755 });
  chmodSync(dir, 0o755);
  for (const [name, text] of [
    ['late', 'sleep 1000'],
    ['bad', 'exit 3'],
    ['open', 'true'],
  ] as const) {
    writeFileSync(join(plugins, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(plugins, name), name === 'open' ? 0o777 : 0o755);
  }
  writeFileSync(join(plugins, 'late.yaml'), 'timeout: 0.5\n');
  const { code, stdout, stderr } = await run(process.execPath, [main, 'monitor', 'plugin', 'check', plugins], {
    okCodes: [1, 2, 3, 4, 5, 6, 7, 8],
    timeoutMs: 30_000,
  });
  assert.notEqual(code, 0);
  assert.match(stdout, /^ {2}failed: MONITOR_PLUGIN_TIMED_OUT: The plugin late gave no answer within 0\.5 s/m);
  assert.match(stdout, /^ {2}failed: MONITOR_PLUGIN_FAILED: The plugin bad/m);
  assert.match(stdout, /^ {2}refused: MONITOR_PLUGIN_UNSAFE/m);
  assert.match(stderr, /MONITOR_PLUGINS_REFUSED[^]*3/);
});

test('the log tells of what was named and is not there', async () => {
  const agent = await start('--listen', '127.0.0.1:0', '--plugins', join(dir, 'plugnis'), '--config', join(dir, 'none.json'));
  assert.equal(await stop(agent), 0);
  const lines = agent
    .log()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: number; option?: string; msg: string });
  assert.deepEqual(
    lines.flatMap(({ level, option }) => (option ? [[level, option]] : [])),
    [
      [40, '--config'],
      [40, '--plugins'],
    ],
  );
});

test('on loopback, a token is wanted where tokens are given', async () => {
  const agent = await start('--listen', '127.0.0.1:0', '--token-file', join(dir, 'tokens'));
  const status = async (headers: Record<string, string>) => (await fetch(`http://127.0.0.1:${agent.port}/metrics`, { headers })).status;
  assert.deepEqual([await status({}), await status({ authorization: `bearer ${token}` })], [401, 200]);
  assert.deepEqual([await status({ authorization: token }), await status({ authorization: 'Basic dXNlcjpwdw==' })], [401, 401]);
  assert.equal(await stop(agent), 0);
});

describe('a token file is refused', () => {
  const cases: readonly (readonly [what: string, text: string, mode: number])[] = [
    ['that everybody may read', `${token}\n`, 0o644],
    ['without a token', '# none\n\n', 0o600],
    ['with a short one', 'secret\n', 0o600],
    ['with two words', `${token} ${token}\n`, 0o600],
  ];
  for (const [what, text, mode] of cases) {
    test(what, async () => {
      const file = join(dir, 'bad-tokens');
      writeFileSync(file, text);
      chmodSync(file, mode);
      const { stderr } = await run(process.execPath, [main, 'monitor', '--token-file', file], {
        okCodes: [1, 2, 3, 4, 5, 6, 7, 8],
        timeoutMs: 30_000,
      });
      assert.match(stderr, /MONITOR_TOKENS_UNUSABLE/);
      assert.ok(!stderr.includes(token), 'no token is shown');
    });
  }
});

test('a port that is taken is said so', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { stderr } = await run(process.execPath, [main, 'monitor', '--listen', `127.0.0.1:${port}`], {
    okCodes: [1, 2, 3, 4, 5, 6, 7, 8],
    timeoutMs: 30_000,
  });
  assert.match(stderr, /MONITOR_LISTEN_FAILED/);
  assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${port} \\(EADDRINUSE\\)`));
  taken.close();
});

/** Nothing ends and nothing fails because a log cannot be written; `cluster verify` tells it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { httpsClient } from '../../src/api/testing/https-client.ts';
import { run, systemClock } from '../../src/base/index.ts';
import { createOsAdapter } from '../../src/node/os/os-adapter.ts';
import { installRequest, recordingContext, writeDefinition } from '../../src/node/os/os-test-helpers.ts';
import { freePort } from '../support/free-port.ts';

const isRoot = process.getuid?.() === 0;
const skip = isRoot ? false : 'only root can mount a tmpfs';
const gantry = join(import.meta.dirname, '../../src/cli/main.ts');
let dir = '';
let small = '';

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-unwritable-'));
  small = join(dir, 'small');
  await mkdir(small);
  if (isRoot) await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
});
after(async () => {
  if (isRoot) await run('umount', [small]);
  await rm(dir, { recursive: true, force: true });
});

const fill = () => writeFileSync(join(small, 'filler'), Buffer.alloc(128 * 1024));
function fillUp(): void {
  try {
    fill();
  } catch {
    // Until it is full.
    return;
  }
}

/** Installs with a script that writes a lot. @returns what was told meanwhile */
async function install(logDir: string, name: string): Promise<string> {
  await writeDefinition(join(dir, 'os'), 'chatty', { create: '#!/bin/sh\nseq 20000\n' });
  const adapter = createOsAdapter({ searchPath: [join(dir, 'os')], logDir, workDir: join(dir, 'work') });
  const context = recordingContext();
  const { log } = await adapter.install(await installRequest(dir, { os: 'chatty', name }), context);
  assert.match(log, /20000\n$/);
  return context.seen.map(({ text }) => text).join('\n');
}

test('a name of 215 and more characters installs, and has its log', async () => {
  for (const length of [215, 253]) {
    const told = await install(
      join(dir, 'logs'),
      `${'a'.repeat(60)}.`
        .repeat(5)
        .slice(0, length - 1)
        .concat('x'),
    );
    assert.doesNotMatch(told, /incomplete/);
  }
  const names = (await readdir(join(dir, 'logs', 'os'))).filter((name) => name.startsWith('create-'));
  assert.equal(names.length, 2);
});

test('a folder that is a file, and one on a full disk, fail no installation', { skip }, async () => {
  await writeFile(join(dir, 'file'), '');
  assert.match(await install(join(dir, 'file'), 'web1'), /incomplete: ENOTDIR/);
  fillUp();
  assert.match(await install(join(small, 'logs'), 'web1'), /incomplete: ENOSPC/);
  await rm(join(small, 'filler'));
});

test('a folder that cannot be changed fails no installation', { skip }, async (t) => {
  const folder = join(dir, 'immutable');
  await mkdir(join(folder, 'os'), { recursive: true });
  const changed = await run('chattr', ['+i', join(folder, 'os')], { okCodes: [0, 1] });
  if (changed.code !== 0) return t.skip('this file system has no immutable folders');
  try {
    assert.match(await install(folder, 'web1'), /incomplete: EPERM/);
  } finally {
    await run('chattr', ['-i', join(folder, 'os')]);
  }
});

test('a master whose log is on a full disk serves, tells it by verify, and counts what was lost', { skip, timeout: 90_000 }, async () => {
  const port = await freePort();
  const state = join(dir, 'state');
  const node = [gantry, 'cluster', 'init', '--name', 'c', '--state-dir', state, '--node-name', 'node1', '--address', '127.0.0.1'];
  await run(process.execPath, [...node, '--user', userInfo().username]);
  await writeFile(join(state, 'master', 'users'), 'admin pw write\n');
  const log = openSync(join(small, 'master.log'), 'a+');
  const args = [gantry, 'master', '--state-dir', join(state, 'master'), '--name', 'node1', '--listen', `127.0.0.1:${port}`];
  const master = spawn(process.execPath, [...args, '--user', userInfo().username], { stdio: ['ignore', 'ignore', log] });
  closeSync(log);
  const client = httpsClient({ host: '127.0.0.1', port }, await readFile(join(state, 'master', 'ca.crt'), 'utf8'));
  const user = 'admin:pw';
  try {
    await until(master, async () => (await client.send('GET', '/2/info', { user }).catch(() => null))?.status === 200);
    fillUp();
    for (let request = 0; request < 100; request++) await client.send('GET', `/2/info?${request}`, { user });
    const job = (await client.send('POST', '/2/jobs', { user, body: { ops: [{ OP_ID: 'OP_CLUSTER_VERIFY' }] } })).body;
    let ended: { opresult: { problems: { code: string; subject: string; text: string }[] }[]; status: string } | undefined;
    await until(master, async () => {
      ended = (await client.send('GET', `/2/jobs/${job}`, { user })).body as typeof ended;
      return ended?.status === 'success';
    });
    const told = ended?.opresult[0]?.problems.find(({ code }) => code === 'VERIFY_LOG');
    assert.equal(told?.subject, 'log of the master');
    assert.match(told?.text ?? '', /ENOSPC/);
    await rm(join(small, 'filler'));
    await client.send('GET', '/2/info', { user });
    assert.match(await readFile(join(small, 'master.log'), 'utf8'), /"lost":\d+,"reason":"ENOSPC"/);
    assert.equal(master.exitCode, null);
  } finally {
    client.close();
    master.kill('SIGTERM');
    await until(undefined, async () => master.exitCode !== null || master.signalCode !== null);
  }
});

async function until(alive: ChildProcess | undefined, happened: () => Promise<boolean>): Promise<void> {
  for (let look = 0; !(await happened()); look++) {
    assert.ok(!alive || (alive.exitCode === null && alive.signalCode === null), 'the master has ended');
    assert.ok(look < 600, 'it does not happen');
    await systemClock.sleep(50);
  }
}

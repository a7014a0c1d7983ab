import assert from 'node:assert/strict';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { runGantry } from '../testing/run-gantry.ts';
import { openTerminal } from '../testing/terminal.ts';
import { writeDescription } from './local-cluster.ts';
import { localPaths } from './local-paths.ts';

const name = `purge${process.pid}`;
const notRoot = process.getuid?.() === 0 ? false : 'only root may run "gantry down"';
let home: string;
let env: Record<string, string>;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gantry-down-'));
  env = { HOME: home, GANTRY_HOME: home };
  await makeData();
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** The data of a cluster that is down. */
async function makeData(): Promise<void> {
  await mkdir(join(home, name));
  await writeDescription(localPaths(name, home), { version: 1, name, nodes: 3, port: 1, slot: 7, phase: 'made' });
}

const isThere = () =>
  access(join(home, name, 'cluster.json')).then(
    () => true,
    () => false,
  );

test('without a terminal nothing is purged unless --yes or --force says so', { skip: notRoot }, async () => {
  const refused = await runGantry(['down', '--name', name, '--purge'], env, 'y\n');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /CLI_CONFIRMATION_NEEDED.*Remove cluster "purge\d+" for good: 3 nodes, .*all of .*gantry-down/);
  const json = await runGantry(['down', '--name', name, '--purge', '--output', 'json'], env);
  assert.equal(json.code, 2);
  assert.equal(await isThere(), true);
  for (const yes of ['--yes', '-y', '--force', '-f']) {
    const { code, stderr } = await runGantry(['down', '--name', name, '--purge', yes], env);
    assert.equal(code, 0, stderr);
    assert.equal(await isThere(), false);
    await makeData();
  }
});

test('on a terminal it is asked, and a no leaves everything as it is', { skip: notRoot }, async () => {
  const no = openTerminal(['down', '--name', name, '--purge'], env);
  await no.until(/3 nodes, its instances with their disks, [\s\S]*\[y\/N\]/);
  no.type('n\r');
  assert.equal(await no.exit, 2);
  assert.equal(await isThere(), true);
  const yes = openTerminal(['down', '--name', name, '--purge'], env);
  await yes.until(/\[y\/N\]/);
  yes.type('y\r');
  assert.equal(await yes.exit, 0);
  assert.equal(await isThere(), false);
});

test('where there is nothing to purge nothing is asked', { skip: notRoot }, async () => {
  await rm(join(home, name), { recursive: true });
  const { code, stdout } = await runGantry(['down', '--name', name, '--purge'], env);
  assert.equal(code, 0);
  assert.match(stdout, /There is no cluster "purge\d+" on this host: it was not running/);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, test } from 'node:test';
import { projectRoot } from './source-files.ts';

const dir = await mkdtemp(join(tmpdir(), 'gantry-launcher-'));
after(() => rm(dir, { recursive: true, force: true }));

/** A small checkout in which `npm` only notes that it was called and puts a Node in place. */
async function checkout(name: string, npm: string): Promise<{ launcher: string; env: Record<string, string> }> {
  const root = join(dir, name);
  await mkdir(join(root, 'src/cli'), { recursive: true });
  await mkdir(join(root, 'fake'), { recursive: true });
  await copyFile(join(projectRoot, 'gantry'), join(root, 'gantry'));
  await writeFile(join(root, 'package.json'), '{}');
  await writeFile(join(root, 'package-lock.json'), '{}');
  await writeFile(join(root, 'src/cli/main.ts'), 'console.log(JSON.stringify([process.cwd(), ...process.argv.slice(2)]));');
  await writeFile(join(root, 'fake/npm'), `#!/bin/sh\n${npm}\n`);
  await chmod(join(root, 'fake/npm'), 0o755);
  return { launcher: join(root, 'gantry'), env: { PATH: `${join(root, 'fake')}${delimiter}/usr/bin${delimiter}/bin` } };
}

const goodNpm = `echo "npm $*" >&2; mkdir -p node_modules/.bin; ln -sf ${process.execPath} node_modules/.bin/node`;

function launch(launcher: string, env: Record<string, string>, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(launcher, args, { cwd: dir, env, encoding: 'utf8' });
  return { status, stdout: stdout.trim(), stderr };
}

test('the launcher installs once, and again when the lock file has changed', async () => {
  const { launcher, env } = await checkout('once', goodNpm);
  const first = launch(launcher, env, 'version');
  assert.match(first.stderr, /installing the pinned Node[^]*npm ci/);
  assert.equal(first.stdout, JSON.stringify([dir, 'version']));
  assert.equal(launch(launcher, env, 'version').stderr, '');
  await writeFile(join(dir, 'once/package-lock.json'), '{"changed": true}');
  assert.match(launch(launcher, env, 'version').stderr, /npm ci/);
});

test('the packages in use stay until the new ones are complete', async () => {
  const { launcher, env } = await checkout(
    'replaced',
    `[ ! -e ../../node_modules/old ] && { ${goodNpm}; touch node_modules/old; exit; }\n${goodNpm}; ls ../../node_modules; [ -e ../../fake/works ]`,
  );
  const root = join(dir, 'replaced');
  assert.equal(launch(launcher, env, 'version').status, 0);
  await writeFile(join(root, 'package-lock.json'), '{"changed": true}');
  const failed = launch(launcher, env, 'version');
  assert.match(failed.stderr, /^old$[^]*LOCAL_NPM_FAILED/m);
  assert.deepEqual((await readdir(join(root, 'node_modules'))).sort(), ['.bin', '.gantry-package-lock.json', 'old']);
  await writeFile(join(root, 'fake/works'), '');
  assert.equal(launch(launcher, env, 'version').status, 0);
  assert.deepEqual((await readdir(join(root, 'node_modules'))).sort(), ['.bin', '.gantry-package-lock.json']);
  assert.deepEqual(await readdir(join(root, '.cache')), ['node', 'npm-ci.lock']);
});

test('the launcher works from any folder, through links, and hands arguments on unchanged', async () => {
  const { launcher, env } = await checkout('links', goodNpm);
  await symlink('links/gantry', join(dir, 'relative'));
  await symlink(join(dir, 'relative'), join(dir, 'absolute'));
  launch(launcher, env);
  const { stdout } = launch(join(dir, 'absolute'), env, 'instance', 'a b', '', '*');
  assert.equal(stdout, JSON.stringify([dir, 'instance', 'a b', '', '*']));
});

test('a failing npm and a missing npm are told with a code', async () => {
  const broken = await checkout('broken', 'echo "npm error: no network" >&2; exit 1');
  const failed = launch(broken.launcher, broken.env, 'version');
  assert.equal(failed.status, 1);
  assert.match(failed.stderr, /no network[^]*Error LOCAL_NPM_FAILED/);
  await rm(join(dir, 'broken/fake/npm'));
  const withoutNpm = join(dir, 'tools');
  await mkdir(withoutNpm);
  for (const tool of ['sh', 'readlink', 'dirname', 'cmp', 'mkdir', 'flock', 'uname', 'cp', 'rm', 'mv'])
    await symlink(`/usr/bin/${tool}`, join(withoutNpm, tool));
  assert.match(launch(broken.launcher, { PATH: withoutNpm }, 'version').stderr, /Error LOCAL_NPM_MISSING/);
});

import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Confinement } from '../../host/index.ts';
import { createPluginFolder } from '../testing/plugin-folder.ts';
import { openPluginCgroups } from './plugin-confinement.ts';
import type { PluginDefinition } from './plugin-definition.ts';
import { startPluginProcess } from './plugin-process.ts';
import { defaultManifest } from './read-manifest.ts';

/** A host that allows no namespaces. */
const poor: Confinement = {
  root: false,
  namespaces: [],
  network: false,
  sandbox: false,
  endsWhole: false,
  tools: new Set(['setpriv', 'prlimit']),
  missing: [],
};

function define(path: string): PluginDefinition {
  return { name: 'x', path, source: 'program', manifest: defaultManifest, granted: defaultManifest.needs, user: undefined };
}

function aliveOf(path: string): number {
  const texts = readdirSync('/proc').map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      // No process, or one that has ended.
      return '';
    }
  });
  return texts.filter((text) => text.includes(path)).length;
}

async function untilGone(path: string): Promise<void> {
  for (let i = 0; i < 400 && aliveOf(path) > 0; i++) await new Promise((resolve) => setTimeout(resolve, 25));
  assert.equal(aliveOf(path), 0);
}

test('where there are no namespaces, a program ends with its group of processes', async () => {
  using folder = createPluginFolder();
  const sleeper = join(folder.root, 'sleeper');
  copyFileSync('/bin/sleep', sleeper);
  folder.script('x', `${sleeper} 1000 & echo begun`);
  let output = '';
  const child = startPluginProcess({
    definition: define(join(folder.directory, 'x')),
    confinement: poor,
    cgroup: undefined,
    onOutput: (chunk) => {
      output += chunk.toString();
    },
  });
  assert.equal(await child.ended, undefined);
  assert.equal(output, 'begun\n');
  await untilGone(sleeper);
});

const groups = openPluginCgroups();

test('and with its control group, if it has left that', { skip: groups.missing ?? false }, async () => {
  using folder = createPluginFolder();
  const sleeper = join(folder.root, 'sleeper');
  copyFileSync('/bin/sleep', sleeper);
  folder.script('x', `setsid setsid ${sleeper} 1000 & setsid ${sleeper} 1001`);
  const cgroup = groups.make('x', defaultManifest.limits);
  const child = startPluginProcess({
    definition: define(join(folder.directory, 'x')),
    confinement: poor,
    cgroup,
    onOutput: () => undefined,
  });
  for (let i = 0; i < 400 && aliveOf(sleeper) < 2; i++) await new Promise((resolve) => setTimeout(resolve, 25));
  child.kill();
  assert.match((await child.ended) ?? '', /SIGKILL/);
  await untilGone(sleeper);
  cgroup?.remove();
  groups.close();
});

test('a program that cannot be started says so', async () => {
  const child = startPluginProcess({
    definition: define('/nowhere/at/all'),
    confinement: poor,
    cgroup: undefined,
    onOutput: () => undefined,
  });
  assert.match((await child.ended) ?? '', /exit code 127/);
  assert.match(child.stderr(), /nowhere/);
  const bare = startPluginProcess({
    definition: define('/nowhere/at/all'),
    confinement: { ...poor, tools: new Set() },
    cgroup: undefined,
    onOutput: () => undefined,
  });
  assert.match((await bare.ended) ?? '', /ENOENT/);
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { packageVersion } from './package-version.ts';
import { readSources, requireCheckout } from './read-sources.ts';

describe('sources of a package', () => {
  let folder: string;
  let root: string;
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { stdio: 'pipe' });
  const commit = (version: string) => {
    writeFileSync(join(root, 'package.json'), JSON.stringify({ version }));
    git('add', '-A');
    git('commit', '--allow-empty', '-m', version);
  };
  const version = async () => packageVersion(await readSources(root, false)).replace(/\.\d{8}\.[0-9a-f]{8}/, '');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-sources-'));
    root = join(folder, 'origin');
    mkdirSync(root);
    git('init', '--quiet');
    commit('0.2.0');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('know where the tag of the version is, and what is not committed', async () => {
    assert.equal(await version(), '0.2.0~git1');
    git('tag', 'v0.2.0');
    assert.equal(await version(), '0.2.0');
    git('tag', '--annotate', '--force', '-m', 'release', 'v0.2.0');
    assert.equal(await version(), '0.2.0');
    commit('0.2.0');
    assert.equal(await version(), '0.2.0+git2');
    commit('0.3.0');
    assert.equal(await version(), '0.3.0~git3');
    writeFileSync(join(root, 'new'), '');
    assert.equal(await version(), '0.3.0~git3+changed');
  });

  it('do not take the tag of another branch for one of this history', async () => {
    git('checkout', '--quiet', '-b', 'other');
    commit('0.2.0');
    git('tag', 'v0.2.0');
    git('checkout', '--quiet', '-');
    assert.equal(await version(), '0.2.0~git1');
  });

  it('are refused when commits are missing, unless the version is given', async () => {
    commit('0.2.0');
    const shallow = join(folder, 'shallow');
    execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${root}`, shallow], { stdio: 'pipe' });
    await assert.rejects(readSources(shallow, false), { code: 'PACKAGE_HISTORY_SHALLOW' });
    assert.equal((await readSources(shallow, true)).version, '0.2.0');
  });

  it('are those of a checkout, not of an installed Gantry', async () => {
    await assert.rejects(requireCheckout(root), { code: 'PACKAGE_NO_CHECKOUT' });
    for (const name of ['packaging', 'node_modules', 'package-lock.json']) mkdirSync(join(root, name));
    await requireCheckout(root);
    rmSync(join(root, '.git'), { recursive: true });
    await assert.rejects(requireCheckout(root), { code: 'PACKAGE_NO_CHECKOUT', facts: { root, missing: '.git' } });
  });
});

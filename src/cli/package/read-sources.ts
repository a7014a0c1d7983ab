import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError, run } from '../../base/index.ts';
import type { Sources } from './package-version.ts';

/** Runs git in a checkout that may belong to another user. */
export const git = (root: string, args: readonly string[], okCodes: readonly number[] = [0]) =>
  run('git', ['-c', `safe.directory=${root}`, '-C', root, ...args], { okCodes });

/** @throws PACKAGE_NO_CHECKOUT */
export async function requireCheckout(root: string): Promise<void> {
  for (const missing of ['.git', 'package-lock.json', 'packaging', 'node_modules']) {
    await access(join(root, missing)).catch(() => {
      throw new GantryError('PACKAGE_NO_CHECKOUT', { root, missing });
    });
  }
}

/** Asks git about the checkout. @throws PACKAGE_HISTORY_SHALLOW unless the version is given */
export async function readSources(root: string, versionGiven: boolean): Promise<Sources> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const [head, shallow, status] = await Promise.all([
    git(root, ['log', '-1', '--format=%H %ct']),
    git(root, ['rev-parse', '--is-shallow-repository']),
    git(root, ['status', '--porcelain']),
  ]);
  if (shallow.stdout.trim() === 'true' && !versionGiven) throw new GantryError('PACKAGE_HISTORY_SHALLOW');
  const [commit = '', committedAt = ''] = head.stdout.trim().split(' ');
  const { stdout: count } = await git(root, ['rev-list', '--count', 'HEAD']);
  return {
    version,
    commit,
    committedAt: Number(committedAt),
    count: Number(count),
    changed: status.stdout.trim() !== '',
    tag: await placeOfTag(root, `refs/tags/v${version}`, commit),
  };
}

async function placeOfTag(root: string, tag: string, commit: string): Promise<Sources['tag']> {
  const { code, stdout } = await git(root, ['rev-parse', '--quiet', '--verify', `${tag}^{commit}`], [0, 1]);
  if (code !== 0) return undefined;
  if (stdout.trim() === commit) return 'here';
  const ancestor = await git(root, ['merge-base', '--is-ancestor', stdout.trim(), commit], [0, 1]);
  return ancestor.code === 0 ? 'before' : undefined;
}

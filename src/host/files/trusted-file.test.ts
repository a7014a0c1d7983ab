import assert from 'node:assert/strict';
import { chmodSync, lchownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { requireTrusted } from './trusted-file.ts';

const own = process.getuid?.() ?? 0;
const trust = { owners: [own, 0] };

/** Folders `safe`, which only their owner may write to, and `open`, which all may; a file in `safe`. */
function makePlaces(t: TestContext) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'gantry-trusted-')));
  t.after(() => rmSync(root, { recursive: true }));
  const at = (path: string) => join(root, path);
  for (const [folder, mode] of [
    ['safe', 0o755],
    ['open', 0o777],
    ['sticky', 0o1777],
  ] as const) {
    mkdirSync(at(folder));
    chmodSync(at(folder), mode);
  }
  writeFileSync(at('safe/file'), '', { mode: 0o644 });
  return { at, link: (from: string, to: string) => symlinkSync(to, at(from)) };
}

test('a file that only its owners can change lies where it is said to, without links', async (t) => {
  const { at, link } = makePlaces(t);
  assert.equal(await requireTrusted(at('safe/file'), trust), at('safe/file'));
  link('safe/one', 'file');
  link('safe/two', '../safe/one');
  link('sticky/three', at('safe/two'));
  link('safe/folder', '.');
  for (const path of ['safe/one', 'safe/two', 'sticky/three', 'safe/folder/one'])
    assert.equal(await requireTrusted(at(path), trust), at('safe/file'));
});

test('whoever could have the path lead elsewhere is not trusted, though what it leads to is', async (t) => {
  const { at, link } = makePlaces(t);
  link('open/link', '../safe/file');
  link('safe/through', '../open/link');
  mkdirSync(at('open/inner'));
  link('safe/inner', '../open/inner');
  link('open/inner/back', '../../safe/file');
  for (const path of ['open/link', 'safe/through', 'safe/inner/back'])
    await assert.rejects(requireTrusted(at(path), trust), /open is writable by users other than its owner/);
});

test("in a folder like /tmp a link is its owner's to replace", { skip: own !== 0 && 'only root can give links away' }, async (t) => {
  const { at, link } = makePlaces(t);
  link('sticky/link', at('safe/file'));
  lchownSync(at('sticky/link'), 12345, 12345);
  await assert.rejects(requireTrusted(at('sticky/link'), trust), /sticky\/link belongs to user 12345/);
});

test('others may write to a file only where that is wanted, and it belongs to whom it may', async (t) => {
  const { at, link } = makePlaces(t);
  chmodSync(at('safe/file'), 0o666);
  await assert.rejects(requireTrusted(at('safe/file'), trust), /file is writable by users other/);
  assert.equal(await requireTrusted(at('safe/file'), { ...trust, anyMode: true }), at('safe/file'));
  await assert.rejects(requireTrusted(at('sticky'), trust), /sticky is writable/, 'a folder that is asked for itself');
  await assert.rejects(requireTrusted(at('safe'), { ...trust, fileOwners: [own + 1] }), /safe belongs to user/);
  link('safe/circle', 'circle');
  await assert.rejects(requireTrusted(at('safe/circle'), trust), /40 links/);
  await assert.rejects(requireTrusted(at('safe/none'), trust), /ENOENT/);
});

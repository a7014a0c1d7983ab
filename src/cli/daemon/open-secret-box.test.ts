import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatSecretKey, newSecretKey, openStore, type Store } from '../../store/index.ts';
import { openSecretBox } from './open-secret-box.ts';

async function inFolder(work: (dir: string, store: Store) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-box-'));
  const store = await openStore(`sqlite:${join(dir, 'store.db')}`);
  try {
    await work(dir, store);
  } finally {
    await store.close();
    await rm(dir, { recursive: true });
  }
}

test('the first start makes the file, later ones and copies of it open what it encrypted', () =>
  inFolder(async (dir, store) => {
    const path = join(dir, 'secrets.key');
    const sealed = (await openSecretBox(path, store)).seal('x');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await openSecretBox(path, store)).open(sealed), 'x');
    await writeFile(join(dir, 'copy'), await readFile(path), { mode: 0o644 });
    assert.equal((await openSecretBox(join(dir, 'copy'), store)).open(sealed), 'x');
    assert.equal((await stat(join(dir, 'copy'))).mode & 0o777, 0o600);
  }));

test('a master without the key of the cluster does not start, and makes no key of its own', () =>
  inFolder(async (dir, store) => {
    await openSecretBox(join(dir, 'one'), store);
    await assert.rejects(openSecretBox(join(dir, 'two'), store), { code: 'SECRET_KEYS_UNUSABLE' });
    await assert.rejects(stat(join(dir, 'two')));
    await writeFile(join(dir, 'three'), formatSecretKey(newSecretKey()));
    await assert.rejects(openSecretBox(join(dir, 'three'), store), { code: 'SECRET_KEY_MISSING' });
  }));

test('a new key before the old one takes over; then the old one alone is refused', () =>
  inFolder(async (dir, store) => {
    const path = join(dir, 'secrets.key');
    const sealed = (await openSecretBox(path, store)).seal('x');
    const old = await readFile(path, 'utf8');
    await writeFile(path, `${formatSecretKey(newSecretKey())}\n${old}`);
    const box = await openSecretBox(path, store);
    assert.equal(box.open(sealed), 'x');
    assert.equal(box.isCurrent(sealed), false);
    await writeFile(path, old);
    await assert.rejects(openSecretBox(path, store), { code: 'SECRET_KEY_MISSING' });
  }));

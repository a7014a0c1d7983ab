import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeFileAtomic } from './write-file-atomic.ts';

test('the file is synced before it gets its name, and the folder after that', async () => {
  const directory = await fs.mkdtemp(join(tmpdir(), 'gantry-durable-'));
  const path = join(directory, 'kept');
  const seen: string[] = [];
  const { open, rename } = fs;
  fs.open = async (file, ...rest) => {
    const handle = await open(file, ...rest);
    const sync = handle.sync.bind(handle);
    handle.sync = () => {
      seen.push(`sync ${file === directory ? 'folder' : 'file'}`);
      return sync();
    };
    return handle;
  };
  fs.rename = (from, to) => {
    seen.push(`rename to ${String(to) === path ? 'its name' : String(to)}`);
    return rename(from, to);
  };
  syncBuiltinESMExports();
  try {
    await writeFileAtomic(path, 'content');
  } finally {
    Object.assign(fs, { open, rename });
    syncBuiltinESMExports();
  }
  assert.deepEqual(seen, ['sync file', 'rename to its name', 'sync folder']);
  assert.equal(await fs.readFile(path, 'utf8'), 'content');
  await fs.rm(directory, { recursive: true });
});

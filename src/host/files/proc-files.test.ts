import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createProcFiles, type ProcFiles } from './proc-files.ts';

function withFiles(files: Readonly<Record<string, string>>, work: (proc: ProcFiles, root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), 'gantry-proc-'));
  const proc = createProcFiles(root);
  try {
    mkdirSync(join(root, 'proc/sys'), { recursive: true });
    for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
    work(proc, root);
  } finally {
    proc.close();
    rmSync(root, { recursive: true });
  }
}

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

test('a file is read anew each time, and opened once', () => {
  withFiles({ '/proc/stat': 'one' }, (proc, root) => {
    assert.equal(proc.read('/proc/stat'), 'one');
    const open = openDescriptors();
    writeFileSync(join(root, 'proc/stat'), 'now it is longer');
    assert.equal(proc.read('/proc/stat'), 'now it is longer');
    writeFileSync(join(root, 'proc/stat'), 'two');
    assert.equal(proc.read('/proc/stat'), 'two');
    assert.equal(openDescriptors(), open);
  });
});

test('files larger than the buffer are whole, and far too large ones are cut', () => {
  const large = 'line of text\n'.repeat(10_000);
  withFiles({ '/proc/stat': large, '/proc/huge': 'x'.repeat(9 * 1024 * 1024) }, (proc) => {
    assert.equal(proc.read('/proc/stat'), large);
    const { length } = proc.read('/proc/huge');
    assert.ok(length >= 4 * 1024 * 1024 && length < 9 * 1024 * 1024, `${length}`);
  });
});

test('bytes that are no text come as they are', () => {
  withFiles({}, (proc, root) => {
    writeFileSync(join(root, 'proc/odd'), Buffer.from([0x61, 0x00, 0xff, 0x0a]));
    assert.equal(proc.read('/proc/odd'), 'a\u0000\u00ff\n');
  });
});

test('what is not there is said, or left out, as asked', () => {
  withFiles({ '/proc/stat': '' }, (proc) => {
    assert.throws(() => proc.read('/proc/nosuch'), { code: 'ENOENT' });
    assert.equal(proc.readIfThere('/proc/nosuch'), undefined);
    assert.equal(proc.readIfThere('/proc/stat/below'), undefined);
    assert.deepEqual(proc.list('/proc/nosuch'), []);
    assert.deepEqual([...proc.list('/proc')].sort(), ['stat', 'sys']);
    assert.throws(() => proc.readIfThere('/proc/sys'), { code: 'EISDIR' });
  });
});

test('a process that ends while its file is kept is gone, not a failure', async () => {
  const proc = createProcFiles();
  const child = spawn('sleep', ['60']);
  const path = `/proc/${child.pid}/stat`;
  assert.match(proc.read(path), /^\d+ \(/);
  child.kill();
  await once(child, 'exit');
  const before = openDescriptors();
  assert.equal(proc.readIfThere(path), undefined);
  assert.equal(openDescriptors(), before - 1, 'its descriptor is closed');
  proc.close();
});

test('a file that is looked at once is not kept', () => {
  withFiles({ '/proc/sys/a': 'init' }, (proc) => {
    const before = openDescriptors();
    assert.equal(proc.readOnce('/proc/sys/a'), 'init');
    assert.equal(proc.readOnce('/proc/sys/b'), undefined);
    assert.throws(() => proc.readOnce('/proc/sys'), { code: 'EISDIR' });
    assert.equal(openDescriptors(), before);
  });
});

test('of a log that grows what is new is read', () => {
  withFiles({ '/proc/kmsg': 'one\n' }, (proc, root) => {
    assert.equal(proc.readOn('/proc/kmsg'), 'one\n');
    assert.equal(proc.readOn('/proc/kmsg'), '');
    appendFileSync(join(root, 'proc/kmsg'), 'two\nthree\n');
    assert.equal(proc.readOn('/proc/kmsg'), 'two\nthree\n');
    assert.equal(proc.readOn('/proc/nosuch'), '');
  });
});

test('the log of this kernel, where it may be read, is whole records', () => {
  const proc = createProcFiles();
  for (const line of proc.readOn('/dev/kmsg').split('\n').slice(0, 50)) assert.match(line, /^(?:\d+,\d+,\d+,[^;]*;| |$)/);
  proc.close();
});

test('forgetting a folder closes what is kept below it, and nothing beside it', () => {
  withFiles({ '/proc/sys/a': 'a', '/proc/sys/b': 'b', '/proc/sysrq': 'c' }, (proc, root) => {
    const before = openDescriptors();
    for (const path of ['/proc/sys/a', '/proc/sys/b', '/proc/sysrq']) proc.read(path);
    assert.equal(openDescriptors(), before + 3);
    proc.forget('/proc/sys');
    assert.equal(openDescriptors(), before + 1);
    renameSync(join(root, 'proc/sys/b'), join(root, 'proc/sys/a'));
    assert.equal(proc.read('/proc/sys/a'), 'b');
    proc.close();
    assert.equal(openDescriptors(), before);
  });
});

test('of more files than may be kept open those stay that are in use', () => {
  withFiles({}, (_proc, root) => {
    const proc = createProcFiles(root, 3);
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(root, name), name);
    const before = openDescriptors();
    for (const name of ['a', 'b', 'c', 'a', 'd']) assert.equal(proc.read(name), name);
    assert.equal(openDescriptors(), before + 3);
    // Kept descriptors still show a file that was removed; "b" was the one closed.
    for (const name of ['a', 'b', 'c', 'd']) rmSync(join(root, name));
    assert.deepEqual(['a', 'b', 'c', 'd'].map(proc.readIfThere), ['a', undefined, 'c', 'd']);
    proc.close();
  });
});

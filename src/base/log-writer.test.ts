import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLogWriter } from './log-writer.ts';
import { run } from './run.ts';

async function inFolder(work: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-log-'));
  try {
    await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

for (const mode of ['a', 'a+'] as const) {
  test(`a file (opened with "${mode}") stays below its bound and keeps its newest whole lines`, () =>
    inFolder((dir) => {
      const path = join(dir, 'log');
      const descriptor = openSync(path, mode);
      const writer = createLogWriter(descriptor, { mostBytes: 50_000 });
      const line = (number: number) => `${String(number).padStart(6, '0')} ${'x'.repeat(92)}\n`;
      for (let number = 0; number < 5000; number++) writer.write(line(number));
      closeSync(descriptor);
      const text = readFileSync(path, 'utf8');
      assert.ok(text.length <= 50_000 + 257 * 100, String(text.length));
      assert.ok(text.length >= 25_000 - 100, String(text.length));
      const numbers = text
        .trimEnd()
        .split('\n')
        .map((one) => Number(one.slice(0, 6)));
      assert.equal(numbers.at(-1), 4999);
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => (numbers[0] ?? 0) + index),
      );
      assert.equal(writer.problem(), null);
    }));
}

test('a file that is written from its start is left alone: cutting it would make a hole', () =>
  inFolder((dir) => {
    const path = join(dir, 'log');
    const descriptor = openSync(path, 'w');
    const writer = createLogWriter(descriptor, { mostBytes: 1000 });
    for (let number = 0; number < 600; number++) writer.write('0123456789\n');
    closeSync(descriptor);
    assert.equal(readFileSync(path, 'utf8'), '0123456789\n'.repeat(600));
  }));

test('a full disk ends nothing; when there is room again, what was lost is told on a line of its own', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can mount a tmpfs');
  await inFolder(async (dir) => {
    const small = join(dir, 'small');
    await mkdir(small);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', small]);
    try {
      const descriptor = openSync(join(small, 'log'), 'a+');
      const writer = createLogWriter(descriptor, { now: () => 0 });
      writeFileSync(join(small, 'filler'), Buffer.alloc(24 * 1024));
      for (let number = 0; number < 300; number++) writer.write(`{"number":${number},"text":"${'x'.repeat(80)}"}\n`);
      assert.match(writer.problem() ?? '', /ENOSPC; \d+ lines are lost since 1970/);
      await rm(join(small, 'filler'));
      writer.write('{"number":"last"}\n');
      assert.equal(writer.problem(), null);
      closeSync(descriptor);
      const lines = readFileSync(join(small, 'log'), 'utf8').trimEnd().split('\n');
      assert.equal(lines.at(-1), '{"number":"last"}');
      const told = JSON.parse(lines.at(-2) ?? '') as { lost: number; reason: string };
      assert.equal(told.reason, 'ENOSPC');
      const whole = lines.slice(0, -2).filter((one) => one.endsWith('"}'));
      assert.equal(whole.length + told.lost, 300);
    } finally {
      await run('umount', [small]);
    }
  });
});

test('a reader that has gone ends nothing', () => {
  const writer = createLogWriter(9999);
  writer.write('x\n');
  assert.match(writer.problem() ?? '', /EBADF; 1 lines/);
});

test('lines that are lost are counted since the first of them', () => {
  let time = 1000;
  const writer = createLogWriter(9999, { now: () => time });
  for (; time <= 3000; time += 1000) writer.write('x\n');
  assert.equal(writer.problem(), 'EBADF; 3 lines are lost since 1970-01-01T00:00:01.000Z');
});

test('while all is well there is no problem and no line but those written', () =>
  inFolder((dir) => {
    const path = join(dir, 'log');
    const descriptor = openSync(path, 'a');
    const writer = createLogWriter(descriptor);
    for (const line of ['one\n', 'two\n']) writer.write(line);
    assert.equal(writer.problem(), null);
    closeSync(descriptor);
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
  }));

test('a file is cut when it is larger than its bound, and only looked at now and then', () =>
  inFolder((dir) => {
    const path = join(dir, 'log');
    const line = `${'x'.repeat(99)}\n`;
    writeFileSync(path, line.repeat(10));
    const descriptor = openSync(path, 'a');
    const size = () => readFileSync(path).length;
    createLogWriter(descriptor, { mostBytes: 1000 }).write(line);
    assert.equal(size(), 1100, 'its bound it may reach');
    const writer = createLogWriter(descriptor, { mostBytes: 1000 });
    writer.write(line);
    assert.equal(size(), 500, 'four whole lines of the newer half, and the new one');
    for (let number = 1; number <= 256; number++) writer.write(line);
    assert.equal(size(), 26_100);
    writer.write(line);
    assert.equal(size(), 500);
    closeSync(descriptor);
  }));

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createQemuFacts } from './qemu-facts.ts';

test('a program that is gone is noticed at once where a start depends on it, though its version is remembered', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'gantry-qemu-'));
  try {
    const program = join(directory, 'qemu');
    await writeFile(program, '#!/bin/sh\necho "QEMU emulator version 7.2.22"\n', { mode: 0o755 });
    const facts = createQemuFacts(program);
    assert.equal(await facts.version(), '7.2.22');
    await facts.requireUsable();
    await rm(program);
    assert.equal(await facts.version(), '7.2.22');
    await assert.rejects(facts.requireUsable(), { code: 'HYPERVISOR_MISSING' });
    await assert.rejects(facts.defaultMachine(), { code: 'HYPERVISOR_MISSING' });
  } finally {
    await rm(directory, { recursive: true });
  }
});

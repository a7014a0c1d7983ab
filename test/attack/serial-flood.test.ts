import assert from 'node:assert/strict';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run, systemClock } from '../../src/base/index.ts';
import { handlerContext, refOf } from '../../src/node/hypervisor/hypervisor-conformance.ts';
import { createKvmHarness, type KvmHarness } from '../../src/node/hypervisor/kvm/kvm-test-harness.ts';
import { chatteringGuest } from '../../src/node/hypervisor/kvm/test-guests.ts';
import { diskPathOf } from '../../src/node/testing/disk-path-of.ts';
import { until } from '../support/until.ts';

// A guest writes to its serial line without end: /run is in memory, and every agent of the node needs it.

let harness: KvmHarness;
before(async () => {
  harness = await createKvmHarness();
});
after(() => harness.dispose());

/** Bytes of all files below a folder. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name)).then(({ size }) => size)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe('a guest that floods its serial line', () => {
  it('fills neither the run folder nor the log, while nobody lists or looks', async () => {
    const request = await harness.request('obedient');
    await writeFile(diskPathOf(request), chatteringGuest());
    await harness.source.start(request, handlerContext());
    const { serialLog, log } = harness.filesOf(request);
    await until('the guest has written much', async () => (await stat(serialLog).catch(() => ({ size: 0 }))).size >= 64 * 1024, {
      seconds: 60,
    });
    await systemClock.sleep(1500);
    assert.ok(
      (await sizeOf(harness.options.runDir)) < 2 * 64 * 1024 + 16 * 1024,
      (await run('ls', ['-lR', harness.options.runDir])).stdout,
    );
    assert.ok((await stat(log)).size < 16 * 1024);
    await harness.source.stop(refOf(request), 0, handlerContext());
  });
});

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');

interface Report {
  readonly timestamp: number;
  readonly data: { readonly cpu_number?: number };
}

/** Two reports that are not the same: it collects, and goes on. */
async function collects(port: number): Promise<void> {
  const seen = new Set<number>();
  await until('there are two reports', async () => {
    const reply = await fetch(`http://127.0.0.1:${port}/1/report/default/cpu-avg-load`).catch(() => undefined);
    const report = (await reply?.json()) as Report | undefined;
    if (report?.data.cpu_number !== undefined) seen.add(report.timestamp);
    return seen.size >= 2;
  });
}

test('with a full disk below its log, its cache of compiled code and its settings the agent starts, collects and stays', {
  timeout: 90_000,
}, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'gantry-full-'));
  const small = join(dir, 'disk');
  mkdirSync(small);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]).status === 0;
  t.after(() => {
    if (mounted) spawnSync('umount', ['-l', small]);
    rmSync(dir, { recursive: true, force: true });
  });
  const config = join(small, 'monitor.json');
  writeFileSync(config, '{}');
  if (mounted) assert.throws(() => writeFileSync(join(small, 'filler'), Buffer.alloc(1024 * 1024)), { code: 'ENOSPC' });
  // Every write to it fails as on a full disk; it needs no mount.
  const log = openSync('/dev/full', 'w');
  const port = await freePort();
  const child = spawn(process.execPath, [main, 'monitor', '--listen', `127.0.0.1:${port}`, '--config', config], {
    stdio: ['ignore', log, log],
    env: { ...process.env, NODE_COMPILE_CACHE: join(small, 'compiled'), TMPDIR: small },
  });
  closeSync(log);
  t.after(() => child.kill('SIGKILL'));
  await collects(port);
  // What it has to say about this has nowhere to go.
  rmSync(config);
  child.kill('SIGHUP');
  await collects(port);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

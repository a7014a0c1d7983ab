import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../test/support/until.ts';
import { createAuthority } from '../rpc/index.ts';
import { startMonitor } from './start-monitor.ts';

test('the collectors of a running agent know the folder of the certificates that it serves with', { timeout: 30_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-certificates-'));
  writeFileSync(join(folder, 'node.crt'), (await createAuthority('c1')).certificate);
  const monitor = await startMonitor({ listen: { host: '127.0.0.1', port: 0 }, certificates: folder });
  try {
    const report = async () => (await fetch(`http://127.0.0.1:${monitor.port}/2/report/daemon/certificates`)).text();
    await until('certificates are reported', async () => (await report()).includes('"certificates":['));
    assert.ok((await report()).includes(`{"path":"${folder}/node.crt","subject":`));
  } finally {
    await monitor.close();
    rmSync(folder, { recursive: true });
  }
});

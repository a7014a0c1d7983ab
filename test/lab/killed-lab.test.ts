import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { until } from '../support/until.ts';
import { startLab } from './lab.ts';

const skip = process.getuid?.() !== 0 && 'only root can build the image';

const program = `
const { startLab } = await import(${JSON.stringify(join(import.meta.dirname, 'lab.ts'))});
const lab = await startLab();
console.log(JSON.stringify({ pid: lab.guests[0].pid(), folder: lab.folder }));
setInterval(() => undefined, 1000);
`;

test('guests end with a killed process, and the next lab removes its folder', { skip, timeout: 30 * 60_000 }, async () => {
  const owner = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: owner.stdout });
  const [line] = (await Promise.race([once(lines, 'line'), once(owner, 'exit')])) as [string];
  const { pid, folder } = JSON.parse(line) as { pid: number; folder: string };
  assert.ok(existsSync(`/proc/${pid}`));
  owner.kill('SIGKILL');
  await until('QEMU has ended', () => !existsSync(`/proc/${pid}`));
  assert.ok(existsSync(folder));
  await using _next = await startLab({ guests: 0 });
  assert.equal(existsSync(folder), false);
});

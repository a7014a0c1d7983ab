import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Log, silentLog } from '../base/index.ts';
import { fileActivations, memoryActivations } from './activations.ts';
import { addressTowards } from './address-towards.ts';
import { folderExposure, folderProblem } from './folder-problem.ts';
import { readHostFacts } from './host-facts.ts';
import { fileMonitorSettings, memoryMonitorSettings } from './monitor-settings.ts';
import { testDisk } from './testing/instance-spec.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-agent-'));
});
after(() => rm(folder, { recursive: true }));

describe('what an agent keeps', () => {
  it('are disks that are in use, in a file for each instance that only root reads', async () => {
    const directory = join(folder, 'active');
    for (const kept of [fileActivations(directory), memoryActivations()]) {
      const activation = { uuid: '../i1', name: 'web1', disks: [testDisk('d0')] };
      assert.equal(await kept.get('../i1'), undefined);
      await kept.put(activation);
      assert.deepEqual(await kept.get('../i1'), activation);
      await kept.put({ ...activation, disks: [] });
      assert.deepEqual((await kept.get('../i1'))?.disks, []);
    }
    assert.deepEqual(await readdir(directory), ['..%2Fi1.json']);
    assert.deepEqual([(await stat(directory)).mode & 0o777, (await stat(join(directory, '..%2Fi1.json'))).mode & 0o777], [0o700, 0o600]);
    const kept = fileActivations(directory);
    await kept.remove('../i1');
    await kept.remove('../i1');
    assert.equal(await kept.get('../i1'), undefined);
    await mkdir(join(directory, 'odd.json'));
    await assert.rejects(kept.get('odd'), { code: 'EISDIR' });
  });

  it('is what the cluster has set for its monitor, written when it changes', async () => {
    const path = join(folder, 'monitor.json');
    const told: string[] = [];
    const log = { ...silentLog, warn: (_: object, text: string) => told.push(text) } as unknown as Log;
    const settings = { 'cpu-avg-load': { active: false } };
    const kept = await fileMonitorSettings(path, log);
    assert.deepEqual([kept.current(), told], [{}, []], 'a file that is not there is no trouble');
    assert.deepEqual(await kept.store({}), { changed: false });
    assert.deepEqual(await kept.store(settings), { changed: true });
    assert.deepEqual(await kept.store({ 'cpu-avg-load': { active: false } }), { changed: false });
    assert.deepEqual(kept.current(), settings);
    assert.equal(await readFile(path, 'utf8'), `${JSON.stringify({ data_collectors: settings }, undefined, 2)}\n`);
    assert.equal((await stat(path)).mode & 0o777, 0o644);
    assert.deepEqual((await fileMonitorSettings(path, log)).current(), settings);
    for (const text of ['{', '{}', '{"data_collectors": {"x": 5}}']) {
      await writeFile(path, text);
      assert.deepEqual((await fileMonitorSettings(path, log)).current(), {});
    }
    assert.deepEqual(told, Array(3).fill('settings of the monitor are written again'));
    const memory = memoryMonitorSettings();
    assert.deepEqual(
      [await memory.store(settings), await memory.store(settings), memory.current()],
      [{ changed: true }, { changed: false }, settings],
    );
  });
});

describe('what an agent finds out', () => {
  it('is whether a folder can be written, and by whom else it can be used', async () => {
    assert.equal(await folderProblem(folder), null);
    assert.ok(!(await readdir(folder)).some((name) => name.startsWith('.gantry-verify-')), 'its trial leaves nothing');
    assert.equal(await folderProblem(join(folder, 'gone')), 'does not exist');
    await writeFile(join(folder, 'file'), '');
    assert.match((await folderProblem(join(folder, 'file'))) ?? '', /ENOTDIR/);
    for (const [mode, told] of [
      [0o711, null],
      [0o700, null],
      [0o755, '0755'],
      [0o713, '0713'],
      [0o731, '0731'],
      [0o740, '0740'],
    ] as const) {
      await chmod(join(folder, 'file'), mode);
      assert.equal(await folderExposure(join(folder, 'file')), told, mode.toString(8));
    }
    assert.equal(await folderExposure(join(folder, 'gone')), null);
  });

  it('is the address from which it would reach another host', async () => {
    assert.equal(await addressTowards('127.0.0.1', 'other'), '127.0.0.1');
    assert.equal(await addressTowards('not an address', 'other'), 'other');
  });

  it('is what the kernel tells of the host', async () => {
    const { bootId, memoryTotal, memoryAvailable, cpuTotal, cpuNodes, cpuSockets } = await readHostFacts();
    assert.equal(`${bootId}\n`, await readFile('/proc/sys/kernel/random/boot_id', 'utf8'));
    const meminfo = await readFile('/proc/meminfo', 'utf8');
    assert.equal(memoryTotal, Math.floor(Number(/MemTotal:\s+(\d+)/.exec(meminfo)?.[1]) / 1024));
    assert.ok(memoryAvailable > 0 && memoryAvailable <= memoryTotal);
    const cpus = await readFile('/proc/cpuinfo', 'utf8');
    assert.equal(cpuTotal, cpus.split('\n').filter((line) => line.startsWith('processor')).length);
    assert.ok(cpuNodes >= 1 && cpuSockets >= 1 && cpuNodes <= cpuTotal && cpuSockets <= cpuTotal);
  });
});

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { run } from '../../base/index.ts';
import type { OsInstallRequest } from '../os-port.ts';
import { inFolder, withCode } from './os-test-helpers.ts';
import { withRawDisks } from './raw-disk-view.ts';

type Disk = Extract<OsInstallRequest['disks'][number], { driver: 'file' }>;

const newDisk = async (dir: string, more: Partial<Disk> = {}): Promise<Disk> => {
  const uuid = randomUUID();
  const format = more.format ?? 'qcow2';
  const path = join(dir, `${uuid}.${format}`);
  await run('qemu-img', ['create', '-q', '-f', format, path, '2M']);
  return { uuid, path, format, driver: 'file', size: 2 * 1_048_576, mode: 'rw', ...more };
};

describe('disks for scripts', () => {
  it('are those that are raw as they are, and others as raw files as long as they are needed', () =>
    inFolder(async (dir) => {
      const work = join(dir, 'work');
      const raw = await newDisk(dir, { format: 'raw' });
      const block = { ...raw, uuid: randomUUID(), driver: 'host_device', mode: 'ro' } as const;
      const qcow = await newDisk(dir);
      await mkdir(work);
      await writeFile(join(work, `${qcow.uuid}-left.raw`), 'of an agent that died');
      await writeFile(join(work, 'other'), '');
      const shown = await withRawDisks([raw, block, qcow], work, async (disks) => {
        const [one, two, three] = disks;
        assert.deepEqual(one, { uuid: raw.uuid, mode: 'rw', path: raw.path, block: false });
        assert.deepEqual(two, { uuid: block.uuid, mode: 'ro', path: raw.path, block: true });
        const path = three?.path ?? '';
        assert.deepEqual([three?.uuid, three?.block, (await stat(path)).size], [qcow.uuid, false, qcow.size]);
        assert.deepEqual(
          (await readdir(work)).filter((name) => name.includes('left')),
          [],
        );
        const file = await open(path, 'r+');
        await file.write('written', 1_048_576);
        await file.sync();
        await file.close();
        return path;
      });
      assert.ok(shown.startsWith(join(work, qcow.uuid)));
      assert.deepEqual(await readdir(work), ['other'], 'nothing stays but what was there');
      await run('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', qcow.path, join(dir, 'out')]);
      assert.equal((await readFile(join(dir, 'out'))).toString('latin1', 1_048_576, 1_048_583), 'written');
    }));

  it('are given back when the work fails, and cannot be written when they are read-only', () =>
    inFolder(async (dir) => {
      const work = join(dir, 'deep', 'work');
      const disk = await newDisk(dir, { mode: 'ro' });
      const failing = withRawDisks([disk], work, async ([shown]) => {
        await assert.rejects(open(shown?.path ?? '', 'r+').then((file) => file.write('x').finally(() => file.close())));
        throw new Error('the work failed');
      });
      await assert.rejects(failing, { message: 'the work failed' });
      assert.deepEqual(await readdir(work), []);
      assert.equal((await stat(work)).mode & 0o777, 0o700);
      await withRawDisks([disk], work, async () => undefined);
    }));

  it('that cannot be opened are told, and the others given back', () =>
    inFolder(async (dir) => {
      const work = join(dir, 'work');
      const [good, bad] = [await newDisk(dir), await newDisk(dir)];
      await writeFile(bad.path, 'no disk');
      const opening = withRawDisks([good, bad], work, () => assert.fail('nothing is done'));
      await assert.rejects(opening, withCode('OS_DISK_FAILED', new RegExp(`${bad.uuid}.*not in qcow2 format`, 's')));
      assert.deepEqual(await readdir(work), []);
      await run('qemu-img', ['check', '-q', good.path]);
    }));

  it('are waited for while somebody still writes them', () =>
    inFolder(async (dir) => {
      const work = join(dir, 'work');
      const disk = await newDisk(dir);
      const holding = withRawDisks([disk], join(dir, 'other'), () => new Promise((resolve) => setTimeout(resolve, 400)));
      await new Promise((resolve) => setTimeout(resolve, 250));
      const size = await withRawDisks([disk], work, async ([shown]) => (await stat(shown?.path ?? '')).size);
      await holding;
      assert.equal(size, disk.size);
    }));
});

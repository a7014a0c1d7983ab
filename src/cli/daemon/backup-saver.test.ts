import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../base/index.ts';
import { keys } from '../../model/index.ts';
import { readBackup } from '../../store/index.ts';
import { backupSaver } from './backup-saver.ts';
import { masterPaths } from './master-files.ts';

test('a backup lies in the state directory and is restored like any other; without a place for it there is an error that names it', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'gantry-saver-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const content = new Map([[keys.cluster, '{}']]);
  const clock = { ...systemClock, now: () => 17_900 };
  const path = await backupSaver(masterPaths(directory), clock)(content, 3);
  assert.equal(path, join(directory, 'before-upgrade-from-3-17.backup'));
  assert.deepEqual(await readBackup(path), { content, made: 17 });
  const nowhere = backupSaver(masterPaths(join(directory, 'none')), clock);
  await assert.rejects(nowhere(content, 'import'), { code: 'STORE_BACKUP_UNWRITTEN', message: /none\/before-import-17\.backup.*ENOENT/ });
});

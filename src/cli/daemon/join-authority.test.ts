import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkRevocationList, createAuthority } from '../../rpc/index.ts';
import { joinAuthority } from './join-authority.ts';
import { masterPaths } from './master-files.ts';

test('the list of revoked certificates keeps its text while it says the same, also in the next process', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-authority-'));
  t.after(() => rm(dir, { recursive: true }));
  const paths = masterPaths(dir);
  const authority = await createAuthority('test');
  await writeFile(paths.caKey, authority.key);
  await writeFile(paths.ca, authority.certificate);
  const used: string[] = [];
  const start = () => joinAuthority(paths, [], (crl) => used.push(crl));
  const revoked = [
    { serial: '0abc', at: 1_700_000_000_000 },
    { serial: 'de', at: 1_700_000_000_000 },
  ];
  const first = await (await start()).revocationList(revoked);
  await (await start()).useRevocationList(first);
  assert.deepEqual(used, [first]);
  assert.equal(await readFile(paths.crl, 'utf8'), first);
  assert.deepEqual([...((await (await start()).keptRevocations?.()) ?? [])].sort(), ['abc', 'de']);
  assert.equal(await (await start()).revocationList([...revoked].reverse()), first);
  const second = await (await start()).revocationList(revoked.slice(1));
  assert.deepEqual([...(await checkRevocationList(second, authority.certificate)).serials], ['de']);
  await writeFile(paths.crl, 'damaged');
  assert.deepEqual(await (await start()).keptRevocations?.(), []);
  assert.deepEqual((await checkRevocationList(await (await start()).revocationList(revoked), authority.certificate)).serials.size, 2);
});

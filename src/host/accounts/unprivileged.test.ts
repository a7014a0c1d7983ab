import assert from 'node:assert/strict';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../base/index.ts';
import { findGroup, findUser } from './find-account.ts';
import { becomeArguments, isRoot, runAsOwner, unprivileged } from './unprivileged.ts';

const skip = !isRoot() && 'only root can become another user';

test('users and groups are found by name, users also by number', () => {
  assert.deepEqual(findUser('root'), { uid: 0, gid: 0 });
  assert.deepEqual(findUser('0'), { uid: 0, gid: 0 });
  assert.equal(findUser('no-such-user'), undefined);
  assert.deepEqual([findGroup('root'), findGroup('no-such-group')], [0, undefined]);
});

test('everything is given up but what is named', () => {
  assert.deepEqual(becomeArguments({ uid: 7, gid: 8 }), [
    ...['--reuid=7', '--regid=8', '--clear-groups', '--no-new-privs', '--inh-caps=-all', '--bounding-set=-all'],
  ]);
  assert.deepEqual(becomeArguments({ uid: 7, gid: 8 }, [1, 2], ['chown']), [
    ...['--reuid=7', '--regid=8', '--groups=1,2', '--no-new-privs'],
    ...['--inh-caps=-all,+chown', '--bounding-set=-all,+chown', '--ambient-caps=-all,+chown'],
  ]);
});

test('what root starts so has no privilege left', { skip }, async () => {
  const [program = '', ...args] = unprivileged(65_533, ['cat', '/proc/self/status'], [65_532]);
  const { stdout } = await run(program, args);
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*?)\\s*$`, 'm').exec(stdout)?.[1];
  assert.deepEqual([field('Uid'), field('Gid'), field('Groups')], ['65533\t65533\t65533\t65533', '65533\t65533\t65533\t65533', '65532']);
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.match(field(set) ?? '', /^0+$/, set);
  assert.equal(field('NoNewPrivs'), '1');
});

test('a program works on a file as the owner of the file', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-owner-'));
  try {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    assert.equal((await runAsOwner(file, 'id', ['-u'])).stdout.trim(), '0');
    chownSync(file, 65_533, 65_532);
    assert.equal((await runAsOwner(file, 'id', ['-u'])).stdout.trim(), '65533');
    assert.equal((await runAsOwner(file, 'id', ['-g'])).stdout.trim(), '65532');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

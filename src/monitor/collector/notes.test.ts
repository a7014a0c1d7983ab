import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTestHost } from '../testing/test-host.ts';
import { createNotes } from './notes.ts';

const boot = '/proc/sys/kernel/random/boot_id';

test('notes are there for the next agent, until the host comes up anew', () => {
  using host = createTestHost({ [boot]: 'one\n' });
  const open = () => createNotes(host.context.files, host.root, '/run/gantry/monitor');
  assert.deepEqual(open().read('a'), {});
  open().write('a', { wéb1: 5 });
  assert.deepEqual([open().read('a'), open().read('b')], [{ wéb1: 5 }, {}]);
  const file = join(host.root, '/run/gantry/monitor/a.json');
  assert.equal(statSync(join(file, '..')).mode & 0o777, 0o700);
  for (const text of ['', '{', 'null', '7', '\0']) {
    writeFileSync(file, text);
    assert.equal(open().read('a'), undefined);
  }
  open().write('a', [1]);
  host.write(boot, 'two\n');
  assert.equal(open().read('a'), undefined);
});

test('what has not changed is not written again, and where nothing can be written nothing fails', () => {
  using host = createTestHost({ [boot]: 'one\n', '/run/gantry': 'no folder' });
  createNotes(host.context.files, host.root, '/run/gantry/monitor').write('a', 1);
  const notes = createNotes(host.context.files, host.root, '/run/other/monitor');
  notes.read('a');
  notes.write('a', {});
  assert.deepEqual(host.context.files.list('/run'), ['gantry'], 'nothing is made to hold nothing');
  notes.write('a', 1);
  const file = join(host.root, '/run/other/monitor/a.json');
  writeFileSync(file, 'seen');
  notes.write('a', 1);
  assert.equal(readFileSync(file, 'utf8'), 'seen');
  notes.write('a', 2);
  assert.equal(notes.read('a'), 2);
});

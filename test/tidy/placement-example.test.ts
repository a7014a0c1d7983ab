import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');

test('the example of docs/placement.md prints what the page says', () => {
  const page = readFileSync(join(root, 'docs/placement.md'), 'utf8');
  const [, command, printed] = /```\n\$ node_modules\/\.bin\/node (\S+)\n(.*?)```/s.exec(page) ?? [];
  assert.ok(command && printed);
  assert.equal(execFileSync(process.execPath, [join(root, command)], { encoding: 'utf8' }), printed);
});

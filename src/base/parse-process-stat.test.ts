import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseProcessStat } from './parse-process-stat.ts';

test('a stat of a real process, and one with a name that is made to be misread', () => {
  const own = parseProcessStat(readFileSync('/proc/self/stat', 'utf8'));
  assert.ok(own && 'RS'.includes(own.state) && own.startTicks > 0 && own.resident > 0 && own.threads > 0);
  assert.equal(own.started, own.startTicks / 100);
  const fields = ['S', ...Array.from({ length: 30 }, (_, index) => String(index + 4))];
  const odd = parseProcessStat(`7 (a) Z 1 (b) ${fields.join(' ')}`);
  assert.deepEqual([odd?.state, odd?.startTicks, odd?.userSeconds, odd?.cpuSeconds], ['S', 22, 0.14, 0.29]);
  for (const text of [undefined, '', '7 (a', `7 (a) ${fields.slice(0, 20).join(' ')}`]) assert.equal(parseProcessStat(text), undefined);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';

/** A process that lists the descriptors of its own child. */
const lister = (options: string) => `
const { spawnSync } = require('node:child_process');
const { closedDescriptors } = require(${JSON.stringify(new URL('closed-descriptors.ts', import.meta.url).pathname)});
const { stdout } = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8', stdio: ${options} });
process.stdout.write(stdout);
`;

function descriptorsOf(options: string, program = lister(options)): string[] {
  const secret = openSync('/etc/passwd', 'r');
  // Node itself marks the first sixteen, and those that follow without a gap.
  const stdio = Object.assign(new Array<'ignore' | 'pipe' | number>(51).fill('ignore'), { 1: 'pipe', 40: secret, 50: secret });
  const { stdout } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', program], {
    encoding: 'utf8',
    stdio,
  });
  closeSync(secret);
  return [...stdout.matchAll(/ (\d+) -> (\S+)/g)].filter(([, number]) => Number(number) > 2).map(([, number, file]) => `${number} ${file}`);
}

test('what a process was started with does not reach its children', () => {
  const plain = descriptorsOf(`['ignore', 'pipe', 'pipe']`);
  assert.ok(plain.includes('40 /etc/passwd') && plain.includes('50 /etc/passwd'), 'it does by itself');
  const closed = descriptorsOf(`['ignore', 'pipe', 'pipe', ...closedDescriptors(3)]`);
  assert.ok(closed.includes('40 /dev/null') && closed.includes('50 /dev/null'), closed.join(', '));
  assert.ok(!closed.some((line) => line.includes('passwd')), closed.join(', '));
});

test('what a child is given on purpose it keeps', () => {
  const given = descriptorsOf(`['ignore', 'pipe', 'pipe', require('node:fs').openSync('/etc/group', 'r'), ...closedDescriptors(4)]`);
  assert.ok(given.includes('3 /etc/group') && given.includes('40 /dev/null'), given.join(', '));
});

test('a process that closes what it was started with keeps nothing of it, nor do its children', () => {
  const closing = `
require(${JSON.stringify(new URL('close-inherited-descriptors.ts', import.meta.url).pathname)}).closeInheritedDescriptors();
const own = require('node:fs').readdirSync('/proc/self/fd').filter((each) => each === '40' || each === '50');
if (own.length > 0) throw new Error('open: ' + own);
${lister(`['ignore', 'pipe', 'pipe']`)}`;
  assert.deepEqual(
    descriptorsOf('', closing).filter((line) => line.includes('passwd')),
    [],
  );
  assert.ok(
    descriptorsOf(`['ignore', 'pipe', 'pipe']`).some((line) => line.includes('passwd')),
    'it has them by itself',
  );
});

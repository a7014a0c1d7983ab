import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { projectRoot } from './source-files.ts';

const guide = readFileSync(join(projectRoot, 'docs/guides/monitor-plugins.md'), 'utf8');

/** What follows text like "In `plugins/uptime`:" is that file; commands stand in blocks of their own. */
const blocks = [...guide.matchAll(/([^\n]*)\n\n```(\w*)\n(.*?)^```$/gms)].map(([, before = '', kind = '', body = '']) => ({
  file: /\bin `(plugins\/[\w.]+)`(?:, [^:]*)?:$/i.exec(before)?.[1],
  kind,
  body,
}));

const folder = mkdtempSync(join(tmpdir(), 'gantry-guide-'));
chmodSync(folder, 0o755);
mkdirSync(join(folder, 'plugins'), { mode: 0o755 });
after(() => {
  // The agent of the guide, should a command before its end have failed.
  run('test -e agent.pid && kill -9 $(cat agent.pid)');
  rmSync(folder, { recursive: true });
});

function run(command: string): string {
  const PATH = `${projectRoot}:${process.env['PATH'] ?? ''}`;
  const { output } = spawnSync('bash', ['-c', `exec 2>&1; umask 022; ${command}`], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH, GANTRY: projectRoot },
  });
  return output.join('');
}

/** A line that is only `…` stands for any lines, one at the end of a line for its rest. */
const patternOf = (printed: string): RegExp => {
  const lines = printed.split(/(?<=\n)/).map((line) => {
    if (line === '…\n') return '(?:.*\n)*?';
    return line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/…\n$/, '.*\n?');
  });
  return new RegExp(`^${lines.join('')}$`);
};

test('docs/guides/monitor-plugins.md, step by step', async (t) => {
  for (const { file, kind, body } of blocks) {
    if (kind !== 'console') {
      await t.test(`writes ${file}`, () => {
        assert.ok(file, 'the text says which file it is');
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), body);
      });
      continue;
    }
    for (const part of body.split(/^\$ /m).filter(Boolean)) {
      const [command = ''] = part.split('\n', 1);
      await t.test(command, () => assert.match(run(command), patternOf(part.slice(command.length + 1))));
    }
  }
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { commandIndex } from '../command/command-index.ts';
import { loadOpcodeCommands } from '../command/find-command.ts';
import { manPages } from './man-pages.ts';

it('has a page for every object and program, which names every command', async () => {
  const pages = new Map(
    (await manPages('1.0', '2026-11-30')).map(({ target, from }) => [target, 'text' in from ? gunzipSync(from.text).toString() : '']),
  );
  const plain = (target: string) => pages.get(target)?.replaceAll('\\-', '-') ?? '';
  const general = plain('usr/share/man/man1/gantry.1.gz');
  const shown = commandIndex.filter((entry) => !('hidden' in entry && entry.hidden));
  for (const { path, summary } of [...shown, ...(await loadOpcodeCommands())]) {
    if (['test', 'bench', 'package'].includes(path[0] ?? '')) continue;
    const section = ['master', 'agent', 'monitor'].includes(path[0] ?? '') ? 8 : 1;
    assert.ok(general.includes(`gantry ${path.join(' ')}\\fR\n${summary}.`), path.join(' '));
    assert.ok(plain(`usr/share/man/man${section}/gantry-${path[0]}.${section}.gz`).includes(path.join(' ')), path.join(' '));
  }
  assert.match(plain('usr/share/man/man1/gantry-instance.1.gz'), /-t, --disk-template <template>/);
  assert.match(plain('usr/share/man/man1/gantry-hbal.1.gz'), /--max-length=N/);
  assert.match(plain('usr/share/man/man8/gantry-agent.8.gz'), /--state-dir FOLDER/);
  assert.ok(![...pages.keys()].some((path) => /gantry-(test|bench|package|__complete)\./.test(path)));
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { layers, onlyRooms } from '../../tools/layers.ts';
import { projectRoot } from './source-files.ts';

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

/** Runs the project's own rules over a small tree of bad and good imports. */
function violations(): string[] {
  const cruiser = join(projectRoot, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const rules = join(projectRoot, 'tools/dependency-cruiser.mjs');
  const args = [cruiser, '--config', rules, '--output-type', 'json', 'src'];
  const result = spawnSync(process.execPath, args, { cwd: join(import.meta.dirname, 'testdata/layers'), encoding: 'utf8' });
  const report = JSON.parse(result.stdout) as { summary: { violations: Violation[] } };
  return report.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).sort();
}

test('an import against the order of the rooms is caught, and so are the other ways around it', () => {
  assert.deepEqual(violations(), [
    'layer-base: src/base/upward.ts -> src/model/index.ts',
    'layer-node: src/node/knows-jobs.ts -> src/jobs/index.ts',
    'layer-store: src/store/sideways.ts -> src/rpc/index.ts',
    'model-and-base-quiet: src/model/reads-files.ts -> fs',
    'no-cycle: src/jobs/egg.ts -> src/jobs/hen.ts',
    'no-cycle: src/jobs/gives-type.ts -> src/jobs/knows-type.ts',
    'no-own-door: src/jobs/own-door.ts -> src/jobs/index.ts',
    'placement-pure: src/placement/impure.ts -> fs',
    'room-door: src/store/back-door.ts -> src/base/secret.ts',
  ]);
});

test('every folder of src has its place in the order', () => {
  const folders = readdirSync(join(projectRoot, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const unknown = folders.map(({ name }) => name).filter((name) => !layers.flat().includes(name));
  assert.deepEqual(unknown, []);
});

/** The lines of the picture on the architecture page: the rooms that each names, and the text behind them. */
function pictured(): { readonly rooms: readonly string[]; readonly text: string }[] {
  const page = readFileSync(join(projectRoot, 'docs/architecture.md'), 'utf8');
  const picture = /## The rooms\n.*?```\n(.*?)```/s.exec(page)?.[1] ?? '';
  return picture.split('\n').flatMap((line) => {
    const [, names, text = ''] = /^((?:[a-z]+\/ *)+)(.*)$/.exec(line) ?? [];
    return names ? [{ rooms: names.split('/').flatMap((name) => name.trim() || []), text }] : [];
  });
}

test('the picture of the rooms on the architecture page is the order that the build checks', () => {
  assert.deepEqual(
    pictured().map(({ rooms }) => rooms),
    layers,
  );
});

test('the picture says which rooms may import fewer than the order allows', () => {
  for (const { rooms, text } of pictured()) {
    for (const room of rooms) {
      const only = onlyRooms[room];
      if (only) assert.ok(text.includes(`(imports ${only.join(', ')})`), `${room} ${text}`);
    }
  }
});

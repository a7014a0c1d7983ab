import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { layers } from '../../tools/layers.ts';
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

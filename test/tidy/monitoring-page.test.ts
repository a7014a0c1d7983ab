import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { collectorCatalogue } from '../../src/monitor/index.ts';
import { pluginsFacts } from '../../src/monitor/plugins/plugins-collector.ts';
import { ownFamilies } from '../../src/monitor/server/own-metrics.ts';
import { projectRoot } from './source-files.ts';

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const collectors = [...collectorCatalogue, pluginsFacts];
const shown = ({ name, type }: { name: string; type: string }) =>
  type === 'counter' ? `${name}_total` : type === 'info' ? `${name}_info` : name;
const all = (page: string, pattern: RegExp) => [...page.matchAll(pattern)].map(([, name = '']) => name).toSorted();

test('docs/monitoring-collectors.md has every collector and every metric, and no others', () => {
  const page = read('docs/monitoring-collectors.md');
  assert.deepEqual(all(page, /^## (\S+)$/gm), collectors.map(({ name }) => name).toSorted());
  assert.deepEqual(all(page, /^\| `(\w+)` \|/gm), collectors.flatMap(({ metrics }) => metrics.map(shown)).toSorted());
});

test('docs/monitoring.md has every metric of the agent about itself, and no others', () => {
  const rows = read('docs/monitoring.md').match(/^\| `(?:gantry_monitor|process)_.*$/gm) ?? [];
  assert.deepEqual(all(rows.join('\n'), /`((?:gantry_monitor|process)_\w+)`/g), ownFamilies.map(shown).toSorted());
});

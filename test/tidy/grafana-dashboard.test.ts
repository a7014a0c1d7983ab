import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { collectorCatalogue } from '../../src/monitor/index.ts';
import { ownFamilies } from '../../src/monitor/server/own-metrics.ts';
import { projectRoot } from './source-files.ts';

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

const dashboard = JSON.parse(readFileSync(join(projectRoot, 'docs/grafana/gantry-node.json'), 'utf8')) as Dashboard;
const { panels } = dashboard;
const targets = panels.flatMap(({ title, targets: own = [] }) => own.map((target) => ({ title, ...target })));

const endings = { counter: '_total', info: '_info', gauge: '' } as const;

/** Prometheus has a label of that name itself, and shows ours as this. */
const shownLabel = (label: string): string => (label === 'instance' ? 'exported_instance' : label);

/** Labels by the name under which Prometheus has the samples. */
const known = new Map(
  [...collectorCatalogue.flatMap(({ metrics }) => metrics), ...ownFamilies].map(({ name, type, labels = [] }) => [
    name + endings[type],
    new Set(['job', 'instance', ...labels.map(shownLabel)]),
  ]),
);

/** What is wrong with names and labels of an expression, or of what is shown of its result. */
function mistakes(expression: string, legend = ''): string[] {
  const found: string[] = [];
  const used: ReadonlySet<string>[] = [];
  for (const [, name = '', matchers = ''] of expression.matchAll(/\b((?:gantry|process)_\w+)(?:\{([^}]*)\})?/g)) {
    const labels = known.get(name);
    if (!labels) found.push(`there is no ${name}`);
    else used.push(labels);
    for (const [, label = ''] of matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
      if (labels && !labels.has(label)) found.push(`${name} has no ${label}`);
  }
  const shown = [
    ...[...expression.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',').map((word) => word.trim())),
    ...[...legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label),
  ];
  for (const label of shown) if (!used.some((labels) => labels.has(label))) found.push(`nothing has ${label} in ${expression}`);
  if (used.length === 0) found.push(`no metric in ${expression}`);
  return found;
}

test('the dashboard uses metrics and labels that the collectors have, and no others', () => {
  assert.deepEqual(
    targets.flatMap(({ expr, legendFormat }) => mistakes(expr, legendFormat)),
    [],
  );
  const variables = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
  for (const definition of variables) {
    const [, of = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(definition) ?? [];
    assert.deepEqual(mistakes(of, `{{${label}}}`), []);
  }
});

test('a metric, a label and a legend that do not exist are found', () => {
  assert.deepEqual(mistakes('rate(gantry_nothing_total[5m])').length, 2);
  assert.deepEqual(mistakes('gantry_node_load_average{windows="1"}'), ['gantry_node_load_average has no windows']);
  assert.deepEqual(mistakes('sum by (disk) (gantry_node_load_average)').length, 1);
  assert.deepEqual(mistakes('gantry_node_load_average', '{{device}}').length, 1);
  assert.deepEqual(mistakes('gantry_node_cpu_seconds'), ['there is no gantry_node_cpu_seconds', 'no metric in gantry_node_cpu_seconds']);
});

test('its panels have numbers of their own, a description, and do not lie on each other', () => {
  assert.deepEqual([dashboard.uid, typeof dashboard.title, dashboard.schemaVersion >= 36], ['gantry-node', 'string', true]);
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const taken = new Set<string>();
  for (const {
    title,
    type,
    description = '',
    gridPos: { x, y, w, h },
    targets: own = [],
  } of panels) {
    assert.ok(type === 'row' || (description !== '' && own.length > 0), title);
    assert.ok(x >= 0 && x + w <= 24, title);
    assert.equal(new Set(own.map(({ refId }) => refId)).size, own.length, title);
    for (let i = x; i < x + w; i++) {
      for (let j = y; j < y + h; j++) {
        assert.ok(!taken.has(`${i} ${j}`), title);
        taken.add(`${i} ${j}`);
      }
    }
  }
});

const skip = spawnSync('promtool', ['--version']).error ? 'promtool is not installed' : false;

test("Debian's promtool understands every expression", { skip }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'gantry-dashboard-'));
  try {
    const rules = targets.map(({ expr }, i) => ({ record: `panel:${i}`, expr: expr.replaceAll('$__rate_interval', '5m') }));
    const file = join(dir, 'rules.yml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

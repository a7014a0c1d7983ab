import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { requestFamilies } from '../../src/api/index.ts';
import { masterFamilies } from '../../src/cluster/index.ts';
import { collectorCatalogue } from '../../src/monitor/index.ts';
import { pluginsFacts } from '../../src/monitor/plugins/plugins-collector.ts';
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

const dashboards = ['gantry-node', 'gantry-master'].map(
  (uid) => [uid, JSON.parse(readFileSync(join(projectRoot, `docs/grafana/${uid}.json`), 'utf8')) as Dashboard] as const,
);
const targets = dashboards.flatMap(([, { panels }]) =>
  panels.flatMap(({ title, targets: own = [] }) => own.map((target) => ({ title, ...target }))),
);

/** Names of the samples of a family. */
const endings = { counter: ['_total'], info: ['_info'], gauge: [''], histogram: ['_bucket', '_sum', '_count'] } as const;

/** Prometheus has a label of that name itself, and shows ours as this. */
const shownLabel = (label: string): string => (label === 'instance' ? 'exported_instance' : label);

/** Labels by the name under which Prometheus has the samples. */
const known = new Map(
  [
    ...[...collectorCatalogue, pluginsFacts].flatMap(({ metrics }) => metrics),
    ...ownFamilies,
    ...masterFamilies,
    ...requestFamilies,
  ].flatMap(({ name, type, labels = [] }) =>
    endings[type].map((ending) => [
      name + ending,
      new Set(['job', 'instance', ...(ending === '_bucket' ? ['le'] : []), ...labels.map(shownLabel)]),
    ]),
  ),
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

test('the dashboards use metrics and labels that there are, and no others', () => {
  assert.deepEqual(
    targets.flatMap(({ expr, legendFormat }) => mistakes(expr, legendFormat)),
    [],
  );
  const variables = dashboards.flatMap(([, { templating }]) => templating.list.flatMap(({ definition }) => definition ?? []));
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

for (const [uid, dashboard] of dashboards)
  test(`panels of ${uid} have numbers of their own, a description, and do not lie on each other`, () => {
    const { panels } = dashboard;
    assert.deepEqual([dashboard.uid, typeof dashboard.title, dashboard.schemaVersion >= 36], [uid, 'string', true]);
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

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

const alertsFiles = ['gantry-alerts', 'gantry-master-alerts'].map((name) => join(projectRoot, `docs/prometheus/${name}.yml`));

test('alerts use metrics and labels that there are; each has a name of its own and says what happened', () => {
  const rules = alertsFiles.flatMap((file) => {
    const { groups } = parse(readFileSync(file, 'utf8')) as { groups: readonly { rules: readonly Rule[] }[] };
    return groups.flatMap((group) => group.rules);
  });
  const shown = ({ annotations }: Rule) =>
    [
      ...Object.values(annotations)
        .join(' ')
        .matchAll(/\$labels\.(\w+)/g),
    ]
      .map(([, label = '']) => `{{${label}}}`)
      .join(' ');
  // Prometheus has "up" itself.
  assert.deepEqual(
    rules.filter(({ expr }) => !expr.startsWith('up{')).flatMap((rule) => mistakes(rule.expr, shown(rule))),
    [],
  );
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  for (const { alert, annotations, labels } of rules) assert.ok(annotations['summary'] && labels.severity, alert);
});

const skip = spawnSync('promtool', ['--version']).error ? 'promtool is not installed' : false;

test("Debian's promtool understands the alerts, and some of them fire when they should", { skip }, () => {
  const checked = spawnSync('promtool', ['check', 'rules', ...alertsFiles], { encoding: 'utf8' });
  assert.equal(checked.status, 0, checked.stdout + checked.stderr);
  const dir = mkdtempSync(join(tmpdir(), 'gantry-alerts-'));
  try {
    const file = join(dir, 'test.yml');
    const series = (text: string, values: string) => ({ series: text, values });
    const fires = (alertname: string, eval_time: string, labels: Record<string, string>, summary: string) => ({
      alertname,
      eval_time,
      exp_alerts: [{ exp_labels: labels, exp_annotations: { summary } }],
    });
    const node = 'job="gantry", instance="node1:1815"';
    const own = { job: 'gantry', instance: 'node1:1815' };
    const master = 'job="gantry-master", instance="node1:5080"';
    // JSON is YAML.
    writeFileSync(
      file,
      JSON.stringify({
        rule_files: alertsFiles,
        tests: [
          {
            interval: '1m',
            input_series: [
              series(`up{${node}}`, '1 1 0 0 0 0 0 0'),
              series(`gantry_node_memory_bytes{${node}, kind="available"}`, '4x20'),
              series(`gantry_node_memory_total_bytes{${node}}`, '100x20'),
              series(`gantry_instance_status{${node}, exported_instance="web1"}`, '0 4 4 4 4 4 4 4'),
              series(`gantry_master_leading{${master}}`, '1 0x20'),
              series(`gantry_process_event_loop_busy_seconds_total{${master}}`, '0+57x20'),
            ],
            alert_rule_test: [
              fires('GantryAgentDown', '5m', { ...own, severity: 'critical' }, 'The monitoring agent node1:1815 does not answer'),
              { alertname: 'GantryAgentDown', eval_time: '3m', exp_alerts: [] },
              fires('GantryNodeMemoryShort', '10m', { ...own, severity: 'warning' }, 'Only 4% of the memory of node1:1815 is available'),
              fires('GantryNoLeader', '3m', { severity: 'critical' }, 'No master leads the cluster, or none can be reached'),
              { alertname: 'GantryNoLeader', eval_time: '1m', exp_alerts: [] },
              fires(
                'GantryMasterBusy',
                '16m',
                { job: 'gantry-master', instance: 'node1:5080', severity: 'warning' },
                'The master node1:5080 has no time left',
              ),
              fires(
                'GantryInstanceFailed',
                '5m',
                { ...own, exported_instance: 'web1', severity: 'critical' },
                'Instance web1 has failed on node1:1815',
              ),
            ],
          },
        ],
      }),
    );
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("Debian's promtool understands every expression of the dashboard", { skip }, () => {
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

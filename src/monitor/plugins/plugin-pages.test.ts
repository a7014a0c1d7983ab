import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { metricsPage } from '../../base/index.ts';
import { openMetricsFault } from '../testing/open-metrics-fault.ts';
import { createMetricOwners, exposePlugin } from './expose-plugin.ts';
import { parsePrometheusText } from './parse-prometheus-text.ts';
import { parseReport } from './parse-report.ts';
import type { PluginDefinition } from './plugin-definition.ts';
import type { Manifest } from './plugin-schemas.ts';
import { defaultManifest } from './read-manifest.ts';

const metrics: Manifest['metrics'] = [
  { name: 'a', type: 'counter', help: 'Counts; "odd" \\ and\nlong.', labels: ['l', 'm'] },
  { name: 'b_seconds', type: 'gauge', unit: 'seconds', help: 'How long.', labels: ['l'] },
  { name: 'c', type: 'info', help: 'What.', labels: ['l', 'm'] },
];

/** Names that are one to some reader or other, and such as mean something to Prometheus. */
const names = fc
  .tuple(
    fc.constantFrom('a', 'b_seconds', 'c', '_', 'gantry_own'),
    fc.constantFrom(...Array<string>(12).fill(''), '_total', '_info', '_bucket', '_sum', '_count', '_created'),
  )
  .map(([name, ending]) => name + ending);
const labelNames = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('l', 'm') },
  { weight: 1, arbitrary: fc.constantFrom('le', 'quantile', '__name__', 'job', '__proto__', 'l l') },
);
const texts = fc.oneof(
  fc.constantFrom('', 'x', '+Inf', '0.5', '"', '\\', '\n', '\r', '\0', '\u2028', '\ud800', '\ud801', '{x="1"} 2 # {} 3'),
  fc.string({ unit: 'binary', maxLength: 5 }),
);
const labelLists = fc.array(fc.tuple(labelNames, texts), { maxLength: 2 });

const sampleLines = fc
  .tuple(names, labelLists, fc.constantFrom('1', '2', '3', '-0', '.5', '1e999', '+inf', 'NaN', '1 1395066363000', '0x1', '1 # {a="b"} 1'))
  .map(([name, labels, value]) => `${name}{${labels.map(([label, text]) => `${label}=${JSON.stringify(text)}`).join(',')}} ${value}`);
const headLines = fc
  .tuple(
    fc.constantFrom('# TYPE', '# HELP', '# UNIT', '#'),
    names,
    fc.oneof(fc.constantFrom('counter', 'gauge', 'histogram', 'summary', 'untyped', 'info'), texts),
  )
  .map((words) => words.join(' '));
/** Lines of which most are good alone. */
const goodLines = fc.constantFrom(
  '# TYPE a histogram',
  'a_bucket{le="+Inf"} 1',
  'a_sum 2',
  'a_count 3',
  '# TYPE b_seconds summary',
  'b_seconds{quantile="0.5"} 1',
  '# TYPE a_created gauge',
  'a_created 5',
  '# TYPE c_total counter',
  'c_total 1',
  '# TYPE c gauge',
  'c 2',
);
const promTexts = fc
  .array(fc.oneof(sampleLines, headLines, goodLines, goodLines), { maxLength: 8 })
  .map((lines) => lines.map((line) => `${line}\n`).join(''));

const reports = fc
  .array(fc.record({ name: names, value: fc.double(), labels: fc.dictionary(labelNames, texts, { maxKeys: 3 }) }), { maxLength: 3 })
  .map((list) => JSON.stringify({ metrics: list }));

const plugin = (name: string, manifest: Manifest): PluginDefinition => ({
  name,
  path: '/x',
  source: 'program',
  manifest,
  granted: manifest.needs,
  user: undefined,
});

type Given = readonly [kind: 'text' | 'free' | 'declared', given: string];

/** What the agent has of plugins that report these, one after the other; undefined in place of what is refused. */
function samplesOf(all: readonly Given[]) {
  const owners = createMetricOwners(['gantry_own', 'gantry_own_total', 'gantry_own_created']);
  return all.map(([kind, given], i) => {
    const name = `p${i}`;
    const definition = plugin(name, kind === 'declared' ? { ...defaultManifest, metrics } : defaultManifest);
    try {
      const data = kind === 'text' ? { families: parsePrometheusText(given) } : parseReport(definition, Buffer.from(given));
      const samples = exposePlugin(definition, data);
      owners.claim(
        name,
        samples.flatMap(({ head }) => head ?? []),
      );
      return samples;
    } catch {
      // Refused: it is not on the page.
      return undefined;
    }
  });
}

const plugins = fc.array(
  fc.oneof(
    fc.tuple(fc.constant('text' as const), promTexts),
    fc.tuple(fc.constant('free' as const), reports),
    fc.tuple(fc.constant('declared' as const), reports),
  ),
  { minLength: 1, maxLength: 4 },
);
const pageOf = (format: 'openmetrics' | 'text', all: readonly Given[]): string =>
  samplesOf(all)
    .map((samples) => metricsPage(format, [], samples ?? []))
    .join('');

test('whatever plugins report, and whoever of them, the page is one of OpenMetrics', () => {
  let accepted = 0;
  fc.assert(
    fc.property(plugins, (all) => {
      const page = pageOf('openmetrics', all);
      if (page !== '') accepted++;
      assert.equal(openMetricsFault(`${page}# EOF\n`), undefined);
    }),
    { seed: 4, numRuns: 2000 },
  );
  assert.ok(accepted > 500, `${accepted} reports of plugins were accepted`);
});

const promtool = spawnSync('promtool', ['--version']).error === undefined;

test("and one that Prometheus's own check can read", { skip: promtool ? false : 'promtool is not installed' }, () => {
  const pages = fc.sample(plugins, { seed: 5, numRuns: 300 }).map((all) => pageOf('text', all));
  for (const page of pages.filter((one) => one !== '').slice(0, 40)) {
    const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: page, encoding: 'utf8' });
    // 3: it can be read, and is not to the taste of the check.
    assert.ok(status === 0 || status === 3, `${stderr}\n${page}`);
  }
});

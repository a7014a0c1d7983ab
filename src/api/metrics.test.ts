import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { until } from '../../test/support/until.ts';
import { metricsTypes } from '../base/index.ts';
import { masterFamilies } from '../cluster/index.ts';
import { requestFamilies } from './server/request-metrics.ts';
import { type ApiRig, plain, startApiRig, writer } from './testing/api-rig.ts';

let rig: ApiRig;
before(async () => {
  rig = await startApiRig();
  const ops = [
    { OP_ID: 'OP_TEST_DELAY', duration: 0 },
    { OP_ID: 'OP_TAGS_SET', kind: 'cluster', tags: ['x'] },
    { OP_ID: 'OP_TAGS_SET', kind: 'instance', name: 'nobody', tags: ['x'] },
  ];
  for (const body of ops.map((op) => ({ ops: [op] }))) await rig.client.send('POST', '/2/jobs', { user: writer, body });
  await until('the jobs have ended', () => rig.services.jobs.list().every(({ end_ts }) => end_ts !== null));
  await rig.client.send('GET', '/2/nodes/nobody', { user: writer });
  await rig.client.send('GET', `/${'x'.repeat(50)}`, { user: writer });
});
after(() => rig.close());

const page = async (accept?: string) =>
  rig.client.send('GET', '/metrics', { user: plain, ...(accept !== undefined && { headers: { accept } }) });
const sampleOf = (text: string, start: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${start} `))
      ?.split(' ')
      .at(-1),
  );

test('any user gets the page, in the format that he prefers', async () => {
  const older = await page();
  assert.equal(older.status, 200);
  assert.equal(older.headers['content-type'], metricsTypes.text);
  const open = await page('application/openmetrics-text; version=1.0.0');
  assert.equal(open.headers['content-type'], metricsTypes.openmetrics);
  assert.match(open.text, /\n# EOF\n$/);
  assert.equal((await rig.client.send('GET', '/metrics')).status, 401);
});

test('it is compressed for who asks for that', async () => {
  const packed = await rig.client.send('GET', '/metrics', { user: plain, headers: { 'accept-encoding': 'gzip' } });
  assert.deepEqual([packed.headers['content-encoding'], packed.headers['vary']], ['gzip', 'accept, accept-encoding']);
  assert.match(String(gunzipSync(packed.bytes)), /^# HELP gantry_/);
  assert.equal((await page()).headers['content-encoding'], undefined);
});

test('it tells of jobs, steps, locks, the store, nodes, requests, the leadership and the process', async () => {
  const { text } = await page('text/plain');
  const expected: Record<string, number> = {
    gantry_jobs_submitted_total: 3,
    'gantry_jobs_ended_total{status="success"}': 2,
    'gantry_jobs_ended_total{status="error"}': 1,
    'gantry_jobs{status="error"}': 1,
    'gantry_jobs_waiting{for="locks"}': 0,
    gantry_job_oldest_waiting_seconds: 0,
    gantry_jobs_running: 0,
    'gantry_operations_ended_total{opcode="OP_TAGS_SET",status="error"}': 1,
    'gantry_operation_duration_seconds_count{opcode="OP_TAGS_SET"}': 2,
    'gantry_step_duration_seconds_count{opcode="OP_TAGS_SET",kind="plan"}': 2,
    'gantry_step_duration_seconds_count{opcode="OP_TAGS_SET",kind="commit"}': 1,
    gantry_locks_held: 0,
    gantry_lock_wait_seconds_count: 0,
    'gantry_store_transactions_total{outcome="failed"}': 0,
    'gantry_api_requests_total{method="POST",route="/2/jobs",status="200"}': 3,
    'gantry_api_requests_total{method="GET",route="/2/nodes/{node_name}",status="404"}': 1,
    'gantry_api_requests_total{method="-",route="-",status="404"}': 1,
    gantry_master_leading: 1,
    gantry_master_terms_total: 1,
    gantry_rpc_calls_under_way: 0,
    'gantry_nodes{state="silent"}': 0,
  };
  for (const [start, value] of Object.entries(expected)) assert.equal(sampleOf(text, start), value, start);
  for (const start of [
    'gantry_store_transactions_total{outcome="committed"}',
    'gantry_store_operation_duration_seconds_count{operation="range"}',
    'gantry_store_watch_delay_seconds_count',
    'gantry_store_size_bytes',
    'gantry_rpc_calls_total{method="node-info",outcome="ok"}',
    'gantry_nodes{state="answering"}',
    'gantry_configuration_objects{kind="instance"}',
    'gantry_master_term',
    'process_resident_memory_bytes',
    'gantry_process_event_loop_busy_seconds_total',
  ])
    assert.ok(sampleOf(text, start) > 0, start);
});

test('no name of an object, no number of a job and no step is a label', async () => {
  const { text } = await page('text/plain');
  const values = [...text.matchAll(/="([^"]*)"/g)].map(([, value]) => value ?? '');
  for (const value of values) assert.doesNotMatch(value, /inst\d|node\d|nobody|^\d{4,}$/, value);
});

test('each family has a name of its own, by the rules of Prometheus, and nothing is told that is not declared', async () => {
  const families = [...masterFamilies, ...requestFamilies];
  assert.equal(new Set(families.map(({ name }) => name)).size, families.length);
  for (const family of families) {
    const { name, type, unit, help, labels = [] } = { unit: undefined, labels: undefined, ...family };
    assert.match(name, /^(gantry|process)_[a-z][a-z0-9_]*$/);
    assert.ok(unit === undefined || name.endsWith(`_${unit}`), name);
    assert.ok(type !== 'histogram' || unit === 'seconds', name);
    assert.doesNotMatch(name, /_(total|info|count|sum|bucket)$/);
    for (const label of labels) assert.match(label, /^[a-z][a-z0-9_]*$/);
    assert.match(help, /\.$/);
  }
});

const promtool = spawnSync('promtool', ['--version']).error === undefined;
test("Prometheus's own check finds nothing wrong", { skip: promtool ? false : 'promtool is not installed' }, async () => {
  const { text } = await page('text/plain');
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  assert.deepEqual([status, `${stdout}${stderr}`], [0, '']);
});

test('a master that does not lead tells so, and still counts', async () => {
  const standing = await startApiRig({
    requireLead: () => {
      throw new Error('it stands by');
    },
  });
  try {
    const { status, text } = await standing.client.send('GET', '/metrics', { user: plain });
    assert.equal(status, 200);
    standing.services.metrics.endTerm();
    assert.match(text, /^process_cpu_seconds_total/m);
    const { status: other } = await standing.client.send('GET', '/2/info', { user: plain });
    assert.equal(other, 500);
  } finally {
    await standing.close();
  }
});

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startMonitor } from '../../src/monitor/index.ts';
import { createAuthority, createCertificate, createRevocationList } from '../../src/rpc/index.ts';
import { freePort } from '../support/free-port.ts';
import { startRestServer } from '../support/rest-server.ts';
import { startSimulatedMaster } from '../support/simulated-master.ts';
import { until } from '../support/until.ts';

/** What the tests of the query API need of its answer. */
interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

const token = 'a-token-of-sufficient-length';
const installed = spawnSync('prometheus', ['--version']).error === undefined;

const jobs = (port: number) => `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: with-token
    scheme: https
    tls_config: { ca_file: ca.crt }
    authorization: { credentials: ${token} }
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
  - job_name: with-certificate
    scheme: https
    tls_config: { ca_file: ca.crt, cert_file: client.crt, key_file: client.key }
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
  - job_name: stranger
    scheme: https
    tls_config: { ca_file: ca.crt }
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
`;

async function query(port: number, expression: string): Promise<readonly Series[]> {
  const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const answer = await fetch(url).then(
    // While it starts it answers 503, in plain text.
    (response) => (response.ok ? (response.json() as Promise<{ data?: { result: Series[] } }>) : undefined),
    () => undefined,
  );
  return answer?.data?.result ?? [];
}

/** Asks until there is an answer that is good enough; the test's own time-out ends it. */
async function eventually(port: number, expression: string, enough: (series: readonly Series[]) => boolean): Promise<readonly Series[]> {
  const answer = async () => {
    const series = await query(port, expression);
    return enough(series) && series;
  };
  return until(`Prometheus has enough of ${expression}`, answer, { seconds: 60, everyMs: 200 });
}

/** Runs Prometheus with this configuration, in `dir`, until the test ends. @returns its port */
async function startPrometheus(t: TestContext, dir: string, config: string): Promise<number> {
  writeFileSync(join(dir, 'prometheus.yml'), config);
  const port = await freePort();
  const options = [
    '--config.file=prometheus.yml',
    '--storage.tsdb.path=data',
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ];
  const prometheus = spawn('prometheus', options, { cwd: dir, stdio: 'ignore' });
  t.after(async () => {
    prometheus.kill('SIGKILL');
    if (prometheus.exitCode === null && prometheus.signalCode === null) await once(prometheus, 'exit');
  });
  return port;
}

const skip = installed ? false : 'prometheus is not installed';

test("Debian's Prometheus scrapes the agent over TLS, with a token or a certificate", { skip, timeout: 90_000 }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'gantry-prometheus-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const authority = await createAuthority('test');
  const node = await createCertificate(authority, { role: 'node', name: 'node1', addresses: ['127.0.0.1'] });
  const client = await createCertificate(authority, { role: 'master', name: 'prometheus', addresses: [] });
  const monitor = await startMonitor({
    listen: { host: '127.0.0.1', port: 0 },
    tls: {
      key: node.key,
      cert: node.certificate,
      ca: authority.certificate,
      crl: await createRevocationList(authority, []),
      requestCert: true,
      rejectUnauthorized: false,
    },
    tokens: [token],
  });
  t.after(() => monitor.close());
  const files = {
    'ca.crt': authority.certificate,
    'client.crt': client.certificate,
    'client.key': client.key,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  const port = await startPrometheus(t, dir, jobs(monitor.port));

  const up = await eventually(port, 'up', (series) => series.length === 3 && series.filter(({ value }) => value[1] === '1').length === 2);
  assert.deepEqual(
    up.filter(({ value }) => value[1] === '0').map(({ metric }) => metric['job']),
    ['stranger'],
  );
  const load = await eventually(port, 'gantry_node_cpu_load_cores{job="with-token"}', (series) => series.length > 0);
  assert.deepEqual(load.map(({ metric }) => metric['window']).sort(), ['10', '300', '60', '900']);
  const [age] = await eventually(
    port,
    'time() - gantry_monitor_collector_last_success_timestamp_seconds{job="with-certificate",collector="cpu-avg-load"}',
    (series) => series.length > 0,
  );
  assert.ok(Number(age?.value[1]) < 60);
  const [reads] = await eventually(port, 'count(gantry_node_disk_reads_completed_total{job="with-token"})', (series) => series.length > 0);
  assert.ok(Number(reads?.value[1]) > 0);
  const metadata = (await (await fetch(`http://127.0.0.1:${port}/api/v1/targets/metadata?metric=gantry_node_disk_read_bytes`)).json()) as {
    data: { type: string; unit: string; help: string }[];
  };
  assert.deepEqual([metadata.data[0]?.type, metadata.data[0]?.unit], ['counter', 'bytes'], 'it read OpenMetrics, which has units');
});

test("Debian's Prometheus scrapes the master with the password of a user who has no options", { skip, timeout: 90_000 }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'gantry-prometheus-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const master = await startSimulatedMaster(3);
  t.after(() => master.close());
  const rest = await startRestServer(master.leading.services, 'prometheus look\n');
  t.after(() => rest.close());
  await master.run({ OP_ID: 'OP_TAGS_SET', kind: 'cluster', tags: ['x'] });
  const port = await startPrometheus(
    t,
    dir,
    `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: gantry-master
    scheme: https
    tls_config: { ca_file: ${rest.caFile}, server_name: localhost }
    basic_auth: { username: prometheus, password: look }
    static_configs: [{ targets: ['127.0.0.1:${rest.port}'] }]
`,
  );
  const [leading] = await eventually(port, 'gantry_master_leading', (series) => series.length > 0);
  assert.equal(leading?.value[1], '1');
  const [ended] = await eventually(port, 'gantry_jobs_ended_total{status="success"}', (series) => series.length > 0);
  assert.equal(ended?.value[1], '1');
  const [slowest] = await eventually(
    port,
    'histogram_quantile(1, sum by (opcode, le) (gantry_operation_duration_seconds_bucket))',
    (series) => series.length > 0,
  );
  assert.equal(slowest?.metric['opcode'], 'OP_TAGS_SET');
  assert.ok(Number(slowest?.value[1]) > 0);
  const [answering] = await eventually(port, 'gantry_nodes{state="answering"}', (series) => series.length > 0);
  assert.equal(answering?.value[1], '3');
  const asked = await fetch(`http://127.0.0.1:${port}/api/v1/targets/metadata?metric=gantry_lock_wait_seconds`);
  const { data } = (await asked.json()) as { data: { type: string; unit: string }[] };
  assert.deepEqual([data[0]?.type, data[0]?.unit], ['histogram', 'seconds'], 'it read OpenMetrics');
});

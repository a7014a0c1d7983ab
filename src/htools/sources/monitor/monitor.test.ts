import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { ClusterData } from '../../../placement/index.ts';
import { loadCluster } from '../load-cluster.ts';
import { dataFile } from '../testing/data-file.ts';
import { expectError } from '../testing/expect-error.ts';
import { parseText } from '../text/parse-text.ts';
import { applyReports, type MonitorUse } from './apply-reports.ts';
import { measure } from './measure.ts';
import { type MonitorReport, parseMonitorFile } from './monitor-reports.ts';

/** Two nodes of 4 virtual processors in use each, of which the node's own system has one; a third node is offline. */
function cluster(first = 'n1', second = 'n2'): ClusterData {
  return parseText(
    [
      'g|u|preferred||\n',
      `${first}|2000|0|0|1|1|4|N|u|1||N|0|1|1\n${second}|2000|0|0|1|1|4|N|u|1||N|0|1|1\nn3|2000|0|0|1|1|4|Y|u|1||N|0|1|1\n`,
      `a|100|1|2|running|Y|${first}||plain|\nb|100|1|1|running|Y|${first}||plain|\nc|100|1|3|running|Y|${second}||plain|\n` +
        `d|500|1|9|ADMIN_offline|Y|${second}||plain|\n`,
      '',
    ].join('\n'),
    'x',
  );
}

const cpu = (total: number) => ({ name: 'cpu-avg-load', data: { cpu_number: 4, cpus: [total], cpu_total: total } });
const cpuLoads = ({ instances }: ClusterData) => instances.map(({ load }) => load?.cpu);
const apply = (reports: Record<string, readonly MonitorReport[]>, use: MonitorUse = {}) =>
  applyReports(cluster(), new Map(Object.entries(reports)), use);

test('the load of a node is shared out by virtual processors', () => {
  const { cluster: loaded, missing } = apply({ n1: [cpu(2)], n2: [cpu(0.4)] });
  assert.deepEqual(
    cpuLoads(loaded)?.map((load) => load?.toFixed(6)),
    ['1.000000', '0.500000', '0.300000', '0.900000'],
  );
  assert.deepEqual(loaded.nodes.map(({ ownLoad }) => ownLoad?.cpu.toFixed(6)).slice(0, 2), ['0.500000', '0.100000']);
  assert.deepEqual(loaded.instances[0]?.load, { cpu: 1, memory: 1, disk: 1, network: 1 });
  assert.deepEqual(missing, []);
});

test('a silent node counts as an average one; the others keep their measurements', () => {
  const { cluster: loaded, missing } = apply({ n1: [cpu(2)], n2: [{ name: 'cpu-avg-load', data: 'soon' }] });
  assert.deepEqual(cpuLoads(loaded).slice(0, 3), [1, 0.5, 1.5]);
  assert.deepEqual(missing, ['n2']);
});

test('nothing measured changes nothing', () => {
  const { cluster: loaded, missing } = apply({});
  assert.deepEqual(loaded, cluster());
  assert.deepEqual(missing, ['n1', 'n2']);
});

test('loads of instances as Xen sees them', () => {
  const xen = (data: Record<string, number>) => ({ name: 'xen-cpu-avg-load', data });
  const whole = apply({ n1: [xen({ a: 0.5, b: 0.2 })], n2: [xen({ c: 0.1 })] }, { xen: true });
  assert.deepEqual(cpuLoads(whole.cluster), [0.5, 0.2, 0.1, 0]);
  assert.deepEqual(whole.missing, []);
  const half = apply({ n1: [xen({ a: 0.5, b: 0.25 })] }, { xen: true });
  assert.deepEqual(cpuLoads(half.cluster), [0.5, 0.25, 0.75, 0]);
  assert.deepEqual(half.missing, ['c']);
});

test('resident memory, where it is known', () => {
  const rss = { name: 'kvm-inst-rss', data: { a: 50 * 2 ** 20, b: 1 } };
  const { cluster: loaded, missing } = apply({ n1: [cpu(2), rss], n2: [cpu(2)] }, { kvmMemory: true });
  assert.deepEqual(
    loaded.instances.map(({ usedMemory, load }) => [usedMemory, load?.memory]),
    [
      [50, 0.025],
      [1, 0.0005],
      [undefined, 0.05],
      [undefined, 0],
    ],
  );
  assert.deepEqual(missing, ['c']);
});

/** As the agent of Gantry reports. */
const usage = (data: Record<string, readonly [cpu: number, mebibytes: number]>) => ({
  name: 'inst-usage',
  data: Object.entries(data).map(([name, [cores, mebibytes]]) => ({
    name,
    cpu: {},
    memory: {},
    cpuAverage: { 10: 9, 300: cores },
    memoryAverage: { 10: 0, 300: mebibytes * 2 ** 20 },
  })),
});

test('what an instance uses counts; the rest of the load of its node is shared out', () => {
  const { cluster: loaded, missing } = apply({ n1: [cpu(2), usage({ a: [1.4, 80] })], n2: [cpu(0.4)] });
  assert.deepEqual(
    loaded.instances.map(({ load, usedMemory }) => [load?.cpu.toFixed(6), load?.memory, usedMemory]),
    [
      ['1.400000', 0.04, 80],
      ['0.300000', 0.05, undefined],
      ['0.300000', 0.05, undefined],
      ['0.900000', 0, undefined],
    ],
  );
  assert.equal(loaded.nodes[0]?.ownLoad?.cpu.toFixed(6), '0.300000');
  assert.deepEqual(missing, ['b', 'c']);
  const withXen = apply({ n1: [usage({ a: [0.5, 80], b: [0.25, 90] })], n2: [usage({ c: [0.1, 70] })] }, { xen: true });
  assert.deepEqual(cpuLoads(withXen.cluster), [0.5, 0.25, 0.1, 0]);
  assert.deepEqual(withXen.missing, []);
});

test('the use of instances without the load of their nodes, or unreadable', () => {
  const { cluster: loaded } = apply({ n1: [usage({ a: [0.5, 80] })] });
  assert.deepEqual(cpuLoads(loaded), [0.5, 0, 0, 0]);
  assert.deepEqual(apply({ n1: [{ name: 'inst-usage', data: [{ name: 'a' }] }] }).cluster, cluster());
  const blind = { name: 'inst-usage', data: [{ name: 'a', cpuAverage: { 300: null }, memoryAverage: { 300: null } }] };
  assert.equal(apply({ n1: [cpu(2), blind], n2: [cpu(2)] }).cluster.instances[0]?.usedMemory, undefined);
});

test('what a node has in use, by whatever, is not free; who does not tell keeps what the source says', () => {
  const memory = (mean: number | null) => ({ name: 'memory', data: { usedMean: { 300: mean } } });
  const before = cluster();
  const total = before.nodes[0]?.totalMemory as number;
  const { cluster: loaded, missing } = apply({ n1: [memory(100.5 * 2 ** 20)], n2: [memory(null)] });
  assert.deepEqual(
    loaded.nodes.map(({ freeMemory }) => freeMemory),
    [total - 101, before.nodes[1]?.freeMemory, before.nodes[2]?.freeMemory],
  );
  assert.deepEqual(missing, ['n1', 'n2']);
  assert.equal(apply({ n1: [memory(2 ** 60)] }).cluster.nodes[0]?.freeMemory, 0);
  assert.deepEqual(apply({ n1: [{ name: 'memory', data: { used: 5 } }] }).cluster, before);
});

test('reports of real nodes from a file', async () => {
  const text = parseMonitorFile(JSON.stringify([{ node: 'n1', reports: [cpu(1)] }]), 'x');
  assert.equal(text.get('n1')?.length, 1);
  const warnings: string[] = [];
  const loaded = await measure(cluster('node1.example.com', 'node2.example.com'), { dataFile: dataFile('mond-data.json') }, (text) =>
    warnings.push(text),
  );
  assert.equal(loaded.instances[0]?.load?.cpu, 0.203643517607712 / 2);
  assert.deepEqual(warnings, []);
});

for (const [text, code, message] of [
  ['[', 'HTOOLS_JSON_MALFORMED', /^Invalid JSON, f is not JSON/],
  ['{}', 'INPUT_INVALID', /^f: field "\(whole\)"/],
  ['[{"node": "n1"}]', 'INPUT_INVALID', /field "0.reports" is not valid: is missing/],
  ['[{"node": "n1", "reports": [{}]}]', 'INPUT_INVALID', /field "0.reports.0.name"/],
] as const) {
  test(`a file that is none: ${text}`, () => expectError(() => parseMonitorFile(text, 'f'), code, message));
}

test('agents are asked over HTTP; one that hangs costs its own data alone', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host?.split(':')[0]}${request.url}`);
    if (request.headers.host?.startsWith('localhost')) response.end(JSON.stringify(cpu(2)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const warnings: string[] = [];
  const loaded = await measure(cluster('localhost', '127.0.0.1'), { port, seconds: 0.2 }, (text) => warnings.push(text));
  // Who does not answer once is not asked again.
  assert.deepEqual(asked.toSorted(), [
    '127.0.0.1/1/report/default/cpu-avg-load',
    'localhost/1/report/default/cpu-avg-load',
    'localhost/1/report/instance/inst-usage',
    'localhost/1/report/node/memory',
  ]);
  assert.deepEqual(cpuLoads(loaded).slice(0, 3), [1, 0.5, 1.5]);
  assert.match(warnings.join('\n'), /The monitor of node 127.0.0.1 gives no cpu-avg-load: no answer within 0.2 s\n.*Missing: 127.0.0.1$/);
  const complete = measure(cluster('localhost', '127.0.0.1'), { port, seconds: 0.2, complete: true }, () => undefined);
  await expectError(() => complete, 'HTOOLS_MONITOR_INCOMPLETE', /Missing: 127.0.0.1/);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('a node whose address is known is asked there', async () => {
  const server = createServer((_request, response) => response.end(JSON.stringify(cpu(2))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const named = cluster('node1.invalid', 'node2.invalid');
  const nodes = named.nodes.map((node, n) => (n === 0 ? { ...node, address: '127.0.0.1' } : node));
  const warnings: string[] = [];
  await measure({ ...named, nodes }, { port }, (text) => warnings.push(text));
  assert.match(warnings.at(-1) ?? '', /Missing: node2\.invalid$/);
  await new Promise((resolve) => server.close(resolve));
});

test('an agent that answers nonsense or an error is as good as silent', async () => {
  const answers: Record<string, readonly [number, string]> = { localhost: [200, '<html>'], '127.0.0.1': [500, ''] };
  const server = createServer((request, response) => {
    const [status, body] = answers[request.headers.host?.split(':')[0] ?? ''] ?? [404, ''];
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const warnings: string[] = [];
  const before = cluster('localhost', '127.0.0.1');
  assert.deepEqual(await measure(before, { port }, (text) => warnings.push(text)), before);
  assert.match(
    warnings.toSorted().join('\n'),
    /Not everything.*\n.*127.0.0.1 gives no cpu.*status 500\n.*127.0.0.1 gives no inst.*status 500\n.*127.0.0.1 gives no memory.*status 500\n.*localhost gives no.*is not JSON/,
  );
  await new Promise((resolve) => server.close(resolve));
});

test('ignored loads are 0, whatever is measured', async () => {
  const loaded = await loadCluster({
    textFile: dataFile('hscan.data'),
    ignoreLoad: true,
    monitor: { dataFile: dataFile('mond-data.json'), complete: true },
  });
  assert.deepEqual(new Set(cpuLoads(loaded)), new Set([0]));
});

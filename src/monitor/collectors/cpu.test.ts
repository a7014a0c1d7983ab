import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import { parsePressure } from '../../host/light.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { cpu, parseCpuStat, parseLoadAverage } from './cpu.ts';
import { cpuAvgLoad } from './cpu-avg-load.ts';

const linux26 =
  'cpu  100 0 50 800 30 5 15\ncpu0 100 0 50 800 30 5 15\nintr 5 6 7\nctxt 99\nbtime 1062191376\nprocesses 2915\nprocs_running 1\nprocs_blocked 0\n';
const linux6 =
  'cpu  2473851 0 423210 2403850 10741 0 6624 12005 300 40\ncpu0 1223083 0 203259 1228362 2825 0 1465 6017 100 20\n' +
  'cpu3 1250768 0 219951 1175487 7915 0 5158 5988 200 20\nintr 1 2\nctxt 123456\nbtime 1795363000\nprocesses 777\nprocs_running 3\nprocs_blocked 2\nsoftirq 1 2\n';

test('the columns of old and new kernels; an offline core is a gap', () => {
  const old = parseCpuStat(linux26);
  assert.deepEqual(old.total, { user: 1, nice: 0, system: 0.5, idle: 8, iowait: 0.3, irq: 0.05, softirq: 0.15 });
  assert.deepEqual([old.contextSwitches, old.forks, old.bootTime, old.running, old.blocked], [99, 2915, 1062191376, 1, 0]);
  const now = parseCpuStat(linux6);
  assert.deepEqual(
    now.cores.map(({ cpu: core, times }) => [core, times.steal, times.guest, times.guestNice]),
    [
      [0, 60.17, 1, 0.2],
      [3, 59.88, 2, 0.2],
    ],
  );
  assert.equal(Object.keys(parseCpuStat('cpu  1 2 3 4 5 6 7 8 9 10 11 12\n').total).length, 10);
});

test('cut short, garbled, another file', () => {
  assert.deepEqual(parseCpuStat(`${linux6.split('\n')[0]}\ncpu0 12`).cores, []);
  assert.deepEqual(parseCpuStat(`${linux6.split('\n')[0]}\ncpu0 1 2 x 4 5`).cores, []);
  for (const text of ['', '\0\0\0', 'intr 5', 'cpu  1 2', linux6.slice(0, 10)]) assert.throws(() => parseCpuStat(text), TypeError);
  for (let length = 60; length < linux6.length; length++) assert.ok(parseCpuStat(linux6.slice(0, length)).total.steal);
});

test('pressure before and after 5.13, and none', () => {
  const some = 'some avg10=97.05 avg60=87.85 avg300=78.17 total=9318665994\n';
  assert.deepEqual(parsePressure(some), { some: { avg10: 97.05, avg60: 87.85, avg300: 78.17, total: 9318.665994 } });
  assert.equal(parsePressure(`${some}full avg10=0.50 avg60=0.00 avg300=0.00 total=1500000\n`)?.full?.total, 1.5);
  for (const nothing of [undefined, '', 'some avg10=', 'garbage']) assert.equal(parsePressure(nothing), null);
  assert.deepEqual(parseLoadAverage('1.50 2.25 0.75 3/456 789\n'), [1.5, 2.25, 0.75]);
  assert.equal(parseLoadAverage('1.50 2'), null);
});

test('the load of a core is told by its number, and not mixed with that of another that was offline', () => {
  const lines = (...cores: [number, number][]) =>
    `cpu  ${cores.reduce((sum, [, busy]) => sum + busy, 0)} 0 0 9 0 0 0 0 0 0\n${cores.map(([core, busy]) => `cpu${core} ${busy} 0 0 9 0 0 0 0 0 0\n`).join('')}intr 1\n`;
  using host = createTestHost({ '/proc/stat': lines([0, 0], [2, 0]) });
  const collect = host.begin(cpuAvgLoad);
  const ratios = () => {
    const data = collect(calmRun) as Parameters<typeof cpuAvgLoad.measure>[0];
    const text = formatSamples(cpuAvgLoad, data).find(({ family }) => family === 'gantry_node_cpu_load_ratio')?.text ?? '';
    return [data.cpu_number, data.cpus, [...text.matchAll(/cpu="(\d+)"\} (\S+)/g)].map(([, core, load]) => [core, Number(load)])];
  };
  ratios();
  host.advance(5);
  host.write('/proc/stat', lines([0, 100], [2, 400]));
  assert.deepEqual(ratios(), [2, [0.2, 0.8], Object.entries({ 0: 0.2, 2: 0.8 })]);
  host.advance(5);
  host.write('/proc/stat', lines([0, 100], [1, 9000]));
  assert.deepEqual(ratios(), [2, [0, 0], Object.entries({ 0: 0, 1: 0 })], 'as many cores, and others');
});

test('the sum goes on when a core comes or goes; no load is below nothing; another file is no idle node', () => {
  using host = createTestHost({ '/proc/stat': 'cpu  100 0 0 9 0 0 0 0\ncpu0 50 0 0 9 0 0 0 0\ncpu1 50 0 0 9 0 0 0 0\n' });
  const collect = host.begin(cpuAvgLoad);
  const told = () => {
    const { cpu_number, cpus, cpu_total, windows } = collect(calmRun) as Parameters<typeof cpuAvgLoad.measure>[0];
    return [cpu_number, cpus, cpu_total, windows[300]];
  };
  told();
  host.advance(5);
  host.write('/proc/stat', 'cpu  350 0 0 9 0 0 0 0\ncpu0 300 0 0 9 0 0 0 0\n');
  assert.deepEqual(told(), [1, [0], 0.5, 0.5], 'one went');
  host.advance(5);
  host.write('/proc/stat', 'cpu  340 0 0 9 0 0 0 0\ncpu0 290 0 0 9 0 0 0 0\n');
  assert.deepEqual(told(), [1, [0], 0.25, 0.25], 'what falls has not worked backwards');
  for (const text of ['', 'garbage', 'cpu  x\n', '\0']) {
    host.write('/proc/stat', text);
    assert.throws(told, /not statistics of CPU cores/);
  }
});

test('stolen time that falls or jumps spoils neither load nor share: the rest of the minute counts', () => {
  const stat = (user: number, steal: number) => `cpu  ${user} 0 0 9 0 0 0 ${steal} 0 0\ncpu0 ${user} 0 0 9 0 0 0 ${steal} 0 0\n`;
  using host = createTestHost({ '/proc/stat': stat(0, 5000), '/sys/devices/system/cpu/possible': '0\n' });
  const [load, share] = [host.begin(cpuAvgLoad), host.begin(cpu)];
  const told = () => {
    const { cpu_total, cpus } = load(calmRun) as Parameters<typeof cpuAvgLoad.measure>[0];
    const { steal } = share(calmRun) as Parameters<typeof cpu.measure>[0];
    return [cpu_total, cpus[0], steal[60]];
  };
  assert.deepEqual(told(), [0, 0, 0]);
  for (const [step, steal] of [4000, 4000, 4000, 4000].entries()) {
    host.advance(5);
    host.write('/proc/stat', stat(250 * (step + 1), steal));
    assert.deepEqual(told(), [0.5, 0.5, 0]);
  }
  host.advance(5);
  host.write('/proc/stat', stat(1250, 66_670_000));
  const [total = 0, core = 0, stolen = 0] = told();
  assert.deepEqual([total, core], [0.6, 0.6], 'one step of five is full');
  assert.ok(stolen > 0 && stolen <= 1);
});

test('where the node is a guest that was migrated the time that was stolen begins anew', () => {
  using host = createTestHost({ '/proc/stat': 'cpu  100 0 0 100 0 0 0 9000 0 0\n' });
  const collect = host.begin(cpu);
  assert.equal((collect(calmRun) as Parameters<typeof cpu.measure>[0]).steal[10], 0);
  host.advance(5);
  host.write('/proc/stat', 'cpu  200 0 0 200 0 0 0 10 0 0\n');
  assert.deepEqual((collect(calmRun) as Parameters<typeof cpu.measure>[0]).steal, { 10: 0, 60: 0, 300: 0, 900: 0 });
});

test('steal over windows, and the metrics', () => {
  using host = createTestHost({ '/proc/stat': 'cpu  0 0 0 0 0 0 0 0 0 0\n', '/proc/loadavg': '0.1 0.2 0.3 1/2 3\n' });
  const collect = host.begin(cpu);
  assert.deepEqual(collect(calmRun), {
    total: { user: 0, nice: 0, system: 0, idle: 0, iowait: 0, irq: 0, softirq: 0, steal: 0, guest: 0, guestNice: 0 },
    cores: [],
    loadAverage: [0.1, 0.2, 0.3],
    steal: { 10: 0, 60: 0, 300: 0, 900: 0 },
    pressure: null,
  });
  host.advance(5);
  host.write('/proc/stat', 'cpu  100 0 0 650 0 0 0 250 0 0\ncpu0 100 0 0 650 0 0 0 250 0 0\n');
  host.write('/proc/pressure/cpu', 'some avg10=1.00 avg60=1.00 avg300=1.00 total=2000000\n');
  const data = collect(calmRun) as Parameters<typeof cpu.measure>[0];
  assert.deepEqual(data.steal, { 10: 0.25, 60: 0.25, 300: 0.25, 900: 0.25 });
  const text = formatSamples(cpu, data)
    .map((family) => family.text)
    .join('');
  assert.match(text, /^gantry_node_cpu_seconds_total\{cpu="0",mode="steal"\} 2\.5$/m);
  assert.match(text, /^gantry_node_cpu_pressure_seconds_total\{kind="some"\} 2$/m);
  assert.match(text, /^gantry_node_load_average\{window="900"\} 0\.3$/m);
  host.vanish('/proc/loadavg');
  host.vanish('/proc/pressure/cpu');
  const less = collect(calmRun) as typeof data;
  assert.deepEqual([less.loadAverage, less.pressure], [null, null]);
  host.vanish('/proc/stat');
  assert.throws(() => collect(calmRun), /ENOENT/);
});

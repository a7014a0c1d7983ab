import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { lv, lvReport, parseLvs } from './lv.ts';

const data = (name: string) => readFileSync(new URL(`./testdata/${name}`, import.meta.url), 'utf8');
const lvs = data('lvs_lv.txt');

test('the report of Ganeti, key by key, and the instance besides', () => {
  const captured = JSON.parse(data('mond-report-lv.json')).data as Record<string, unknown>[];
  const expected = captured.map((volume) => ({ ...volume, instance: 'instance1.example.com' }));
  assert.equal(JSON.stringify(lvReport(parseLvs(lvs), [])), JSON.stringify(expected));
});

test('who has a volume among its disks owns it, whoever it was made for', () => {
  const volumes = ['xenvg/df9ff3f6-a833-48ff-8bd5-bff2eaeab759.disk0_meta'];
  const report = lvReport(parseLvs(lvs.replace(/originstname\+[^;]*;/, ';')), [{ name: 'db', hypervisor: 'kvm', interfaces: [], volumes }]);
  assert.deepEqual(
    report.map(({ instance }) => instance),
    [null, 'db'],
  );
});

test('other text and a line cut short are refused, nothing at all is no volumes', () => {
  assert.deepEqual(parseLvs(''), []);
  assert.deepEqual(parseLvs('\n\n'), []);
  assert.throws(() => parseLvs(data('proc_diskstats.txt')), /not a logical volume/);
  assert.throws(() => parseLvs(lvs.slice(0, lvs.length - 40)), TypeError);
  assert.throws(() => parseLvs(lvs.replace('1073741824B', '1g')), /size of a logical volume is "1g"/);
  assert.throws(() => parseLvs('\0\u0001;'.repeat(19)), TypeError);
});

test('the collector: no LVM, volumes with segments, lvs that fails', async () => {
  using host = createTestHost({ 'lvs.txt': lvs });
  const collect = host.begin(lv);
  assert.deepEqual(await collect(calmRun), []);
  const segments = `${lvs}${lvs.split('\n')[0]?.replace('linear;0B', 'linear;4096B')}\n`;
  host.program('lvs', `echo "$*" | /bin/grep -q 'noheadings.*lv_uuid,lv_name' && /bin/cat <<'END'\n${segments}\nEND`);
  const report = await collect(calmRun);
  assert.equal(report.length, 3);
  assert.equal(
    formatSamples(lv, report)[0]?.text.split('\n')[1],
    'gantry_lv_size_bytes{group="xenvg",volume="df9ff3f6-a833-48ff-8bd5-bff2eaeab759.disk0_meta",instance="instance1.example.com"} 134217728',
  );
  assert.equal(formatSamples(lv, report)[0]?.text.trim().split('\n').length, 2);
  host.program('lvs', 'echo "cannot lock" >&2; exit 5');
  await assert.rejects(async () => collect(calmRun), /cannot lock/);
});

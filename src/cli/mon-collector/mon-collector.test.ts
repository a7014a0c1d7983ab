import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { completedOptions } from './collector-help.ts';
import { showText } from './show-text.ts';

const scratch = mkdtempSync(join(tmpdir(), 'gantry-mon-collector-'));
after(() => rmSync(scratch, { recursive: true }));

const data = (name: string) => join(import.meta.dirname, '../../monitor/collectors/testdata', name);

function write(name: string, value: unknown): string {
  const file = join(scratch, name);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}

function collector(...words: string[]) {
  const { stdout, stderr, status } = spawnSync(join(import.meta.dirname, '../../../bin/mon-collector'), words, { encoding: 'utf8' });
  return { stdout, stderr, status };
}

test('a report with the instance of a minor, on one line with the keys of Ganeti', () => {
  const pairing = write('pairing.json', [['node1', 0, 'web1', 'disk/0', 'secondary', 'node2']]);
  const { stdout, status } = collector('drbd', '-s', data('proc_drbd83.txt'), `--drbd-pairing=${pairing}`);
  assert.equal(status, 0);
  assert.deepEqual(stdout.trimEnd().split('\n').length, 1);
  const report = JSON.parse(stdout);
  assert.deepEqual(Object.keys(report), ['name', 'version', 'format_version', 'timestamp', 'category', 'kind', 'data']);
  assert.equal(report.data.deviceInfos[0].instance, 'web1');
});

test('logical volumes are of the instance whose disk, or part of a disk, they are', () => {
  const disk = (dev_type: string, logical_id: unknown[], children: unknown[] = []) => ({ dev_type, logical_id, children });
  const meta = disk('plain', ['xenvg', 'df9ff3f6-a833-48ff-8bd5-bff2eaeab759.disk0_meta']);
  const instances = write('instances.json', [[{ name: 'web1' }, [disk('drbd', ['a', 'b', 11000], [meta])]]]);
  const { data: volumes } = JSON.parse(collector('lv', '-f', data('lvs_lv.txt'), '-i', instances).stdout);
  assert.deepEqual(
    volumes.map(({ instance }: { instance: string }) => instance),
    ['instance1.example.com', 'web1'],
  );
  const malformed = collector('lv', '-f', data('lvs_lv.txt'), '-i', write('half.json', '[[{"name":'));
  assert.deepEqual([malformed.status, malformed.stderr], [1, 'Error: "[[{\\"name\\":"\n[]\nFailed reading: instances\n']);
});

test('a collector of ours: averages over the wait, as JSON, for people, and as metrics', () => {
  const load = JSON.parse(collector('cpu-avg-load', '--wait', '0.3').stdout);
  assert.ok(load.data.cpu_total > 0);
  assert.equal(JSON.parse(collector('cpu-avg-load', '--wait=0').stdout).data.cpu_total, 0);
  assert.match(collector('memory', '--wait=0', '--output=text').stdout, /^ {4}"meminfo": \{$/m);
  assert.match(collector('memory', '--wait=0', '--output', 'metrics').stdout, /^gantry_node_memory_total_bytes \d+$/m);
});

test('the list: one line a collector, or JSON', () => {
  assert.match(collector('list').stdout, /^drbd +storage +status +10 s {2}Every/m);
  assert.ok(JSON.parse(collector('list', '--output=json').stdout).some(({ name }: { name: string }) => name === 'inst-usage'));
});

test('plugins are listed, and one by its name prints its report', () => {
  const folder = join(scratch, 'plugins');
  mkdirSync(folder);
  chmodSync(scratch, 0o755);
  const plugin = (name: string, text: string, mode = 0o644) => writeFileSync(join(folder, name), text, { mode });
  plugin('rack', '#!/bin/sh\nprintf \'{"status":{"code":0,"message":""},"data":{"row":5},"metrics":[{"name":"row","value":5}]}\'\n', 0o755);
  plugin('rack.yaml', 'category: node\nkind: status\ninterval: 30\nhelp: Where it stands.\nversion: "3"\n');
  plugin('backup.prom', 'backup_age_seconds 7\n');
  plugin('plain', 'no program');
  const options = ['--plugins', folder, '--plugin-settings', join(scratch, 'none.yaml')];
  const { stdout } = collector('plugins', ...options);
  assert.match(
    stdout,
    /^backup .*\nplain .*Plugin, refused: .*not executable.*\nrack +node +status +30 s {2}Plugin .*rack. Where it stands.\n$/,
  );
  assert.match(collector('list', ...options).stdout, /^memory .*[^]*^rack /m);
  assert.equal(collector('plugins', '--plugins', join(scratch, 'nowhere')).stdout, 'There is no plugin.\n');
  const { timestamp, ...report } = JSON.parse(collector('rack', ...options).stdout);
  assert.ok(timestamp > 1e18);
  const data = { status: { code: 0, message: '' }, row: 5, metrics: [{ name: 'row', value: 5 }] };
  assert.deepEqual(report, { name: 'rack', version: '3', format_version: 1, category: 'node', kind: 1, data });
  assert.match(collector('backup', '--output', 'metrics', ...options).stdout, /^backup_age_seconds 7$/m);
  assert.match(collector('plain', ...options).stderr, /plain has nothing to report: .*not executable[^]*MONITOR_COLLECTOR_FAILED/);
  assert.match(collector('rakc', ...options).stderr, /no collector named rakc\. Did you mean "rack"/);
});

test('the diagnose command of node-health has a name', () => {
  const { data } = JSON.parse(collector('node-health', '--command=no-such-command').stdout);
  assert.match(data.status.message, /no-such-command/);
  assert.equal(JSON.parse(collector('node-health').stdout).data.health, 'Ok');
});

test('a misspelt name is told with the one that was meant, whatever its options', () => {
  assert.match(collector('cpu-avg-laod', '-f', 'x').stderr, /no collector named cpu-avg-laod\. Did you mean "cpu-avg-load"\?/);
});

test('what is wrong is told with a code and the exit code', () => {
  const told = (...words: string[]) => {
    const { stdout, stderr, status } = collector(...words);
    return [stdout, /code: +(\w+)/.exec(stderr)?.[1], status];
  };
  assert.deepEqual(told('drbdd'), ['', 'MONITOR_COLLECTOR_UNKNOWN', 1]);
  assert.deepEqual(told('drbd', '/dev/null'), ['', 'MONITOR_COLLECTOR_ARGUMENTS', 1]);
  assert.deepEqual(told('lv', '--drbd-status=/proc/drbd'), ['', 'MONITOR_COLLECTOR_USAGE', 2]);
  assert.deepEqual(told('cpu', '--wait=-1'), ['', 'MONITOR_COLLECTOR_USAGE', 2]);
  assert.deepEqual(told('cpu', '--output=xml'), ['', 'MONITOR_COLLECTOR_USAGE', 2]);
  assert.deepEqual(told('diskstats', '-f', join(scratch, 'none')), ['', 'MONITOR_COLLECTOR_FILE_UNREADABLE', 1]);
});

test('a file without an end is read to a limit, and shown in part', () => {
  const { status, stderr } = collector('drbd', '-s', '/dev/zero', '-p', write('none.json', []));
  assert.equal(stderr, `Error: "${'\\NUL'.repeat(1600)}"\n[]\nFailed reading: versionInfo\n`);
  assert.equal(status, 1);
});

test('text is shown as Haskell shows it', () => {
  assert.equal(showText('a"\\\n\t\0\u001f\u007f~'), String.raw`"a\"\\\n\t\NUL\US\DEL~"`);
  assert.equal(showText('\u000eH\u000eG\u00e91\u00e9a'), String.raw`"\SO\&H\SOG\233\&1\233a"`);
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => /^[ -~]*$/.test(showText(text))));
});

test('completion knows every collector and the options of all', () => {
  const { options, args } = completedOptions();
  assert.match(args, /^choices=cpu-avg-load,.*,list,plugins$/);
  assert.deepEqual(options.find(({ spellings }) => spellings.includes('--drbd-pairing'))?.spellings, ['-p', '--drbd-pairing']);
});

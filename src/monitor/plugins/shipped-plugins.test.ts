import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { createPluginFolder } from '../testing/plugin-folder.ts';

const shipped = join(import.meta.dirname, '../../../plugins');
const outputs = join(import.meta.dirname, 'testdata/smartctl');
const scratch = mkdtempSync(join(tmpdir(), 'gantry-shipped-'));
chmodSync(scratch, 0o755);
after(() => rmSync(scratch, { recursive: true }));

function tree(name: string, files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}): string {
  const root = join(scratch, name);
  mkdirSync(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(root, path));
  return root;
}

function run(plugin: string, env: Readonly<Record<string, string>>) {
  const { stdout, stderr, status } = spawnSync(join(shipped, plugin), {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  return { stdout, stderr, status };
}

describe('temperatures', () => {
  const samples = (sysfs: string) =>
    (
      JSON.parse(run('temperatures', { SYSFS: sysfs }).stdout) as {
        metrics: { name: string; labels: Record<string, string>; value: number }[];
      }
    ).metrics.map(({ name, labels, value }) => [name.replace('temperature_', ''), ...Object.values(labels), value]);

  test('of chips with their labels and limits, and of thermal zones', () => {
    const chip = 'class/hwmon/hwmon';
    const root = tree(
      'server',
      {
        [`${chip}0/name`]: 'coretemp\n',
        [`${chip}0/temp1_input`]: '47000\n',
        [`${chip}0/temp1_label`]: 'Package id 0\n',
        [`${chip}0/temp1_crit`]: '100000\n',
        [`${chip}0/temp2_input`]: '45123\n',
        [`${chip}0/fan1_input`]: '900\n',
        [`${chip}1/name`]: 'nvme\n',
        [`${chip}1/temp1_input`]: '9\n',
        [`${chip}2/name`]: 'nvme\n',
        [`${chip}2/temp1_input`]: '-5050\n',
        'class/thermal/thermal_zone0/type': 'x86_pkg_temp\n',
        'class/thermal/thermal_zone0/temp': '48000\n',
        'devices/platform/coretemp.0/uevent': '',
        'devices/pci/nvme0/uevent': '',
      },
      { [`${chip}0/device`]: '../../../devices/platform/coretemp.0', [`${chip}1/device`]: '../../../devices/pci/nvme0' },
    );
    assert.deepEqual(samples(root), [
      ['celsius', 'coretemp.0', 'coretemp', 'temp1 Package id 0', 47],
      ['critical_celsius', 'coretemp.0', 'coretemp', 'temp1 Package id 0', 100],
      ['celsius', 'coretemp.0', 'coretemp', 'temp2', 45.123],
      ['celsius', 'nvme0', 'nvme', 'temp1', 0.009],
      ['celsius', 'hwmon2', 'nvme', 'temp1', -5.05],
      ['celsius', 'thermal_zone0', 'x86_pkg_temp', 'zone', 48],
    ]);
  });

  test('broken sensors are left out, and odd names do no harm', () => {
    const chip = 'class/hwmon/hwmon0';
    const root = tree(
      'broken',
      {
        [`${chip}/name`]: 'od"d\\chip\n',
        [`${chip}/temp1_input`]: 'N/A\n',
        [`${chip}/temp2_input`]: '',
        [`${chip}/temp3_input`]: '-274000\n',
        [`${chip}/temp4_input`]: '99999999999\n',
        [`${chip}/temp5_input`]: '0021000\n',
        [`${chip}/temp6_input`]: '0\n',
        'class/hwmon/hwmon1/temp1_input': '1000\n',
      },
      { [`${chip}/temp9_input`]: '/nowhere' },
    );
    assert.deepEqual(samples(root), [
      ['celsius', 'hwmon0', 'od', 'temp5', 21],
      ['celsius', 'hwmon0', 'od', 'temp6', 0],
    ]);
  });

  test('of a host without sensors are none', () => assert.deepEqual(samples(tree('none', {})), []));

  test('are a collector as they are shipped', async () => {
    using folder = createPluginFolder();
    for (const name of ['temperatures', 'temperatures.yaml']) copyFileSync(join(shipped, name), join(folder.directory, name));
    chmodSync(join(folder.directory, 'temperatures'), 0o755);
    await using agent = await folder.start();
    await agent.until('/2/report/node/temperatures', ({ data }) => Array.isArray(data['metrics']));
  });
});

describe('disks by SMART', () => {
  const bin = join(scratch, 'bin');
  mkdirSync(bin);
  const smartctl = (script: string) => {
    writeFileSync(join(bin, 'smartctl'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, 'smartctl'), 0o755);
    return { PATH: `${bin}:${dirname(process.execPath)}:${process.env['PATH']}` };
  };
  /** Prints what was recorded of a disk, with the exit code of smartctl. */
  const recorded = `for last; do :; done; case "$*" in *--scan*) last=scan;; esac
file=${outputs}/\${last##*/}.json; cat $file; exit $(sed -n 's/.*"exit_status": *\\([0-9]*\\).*/\\1/p' $file)`;

  test('ATA, SAS and NVMe: one fails, one sleeps, one cannot be asked', () => {
    const { stdout, status } = run('smart-disks.mjs', smartctl(recorded));
    assert.equal(status, 0);
    const report = JSON.parse(stdout) as {
      status: unknown;
      data: { disks: Record<string, unknown>[] };
      metrics: { name: string; value: number; labels: Record<string, string> }[];
    };
    assert.deepEqual(report.status, {
      code: 4,
      message: '/dev/sdb fails. /dev/sde: Smartctl open device: /dev/sde failed: No such device.',
    });
    const [sda, sdb, sdc, sdd, sde, nvme] = report.data.disks;
    assert.deepEqual(sda, {
      device: '/dev/sda',
      model: 'EXAMPLE HDD 4000',
      serial: 'SN-SDA',
      protocol: 'ATA',
      sleeps: false,
      passed: true,
      celsius: 38,
      poweredSeconds: 86_760_000,
      reallocated: 0,
      pending: 0,
      uncorrectable: 0,
    });
    assert.deepEqual([sdb?.['passed'], sdb?.['reallocated'], sdb?.['pending']], [false, 1640, 24]);
    assert.deepEqual([sdc?.['reallocated'], sdc?.['uncorrectable']], [56, 3]);
    assert.deepEqual(sdd, { device: '/dev/sdd', protocol: 'ATA', sleeps: true });
    assert.equal(sde?.['passed'], undefined);
    assert.deepEqual([nvme?.['worn'], nvme?.['celsius']], [0.12, 36]);
    const healthy = report.metrics.filter(({ name }) => name === 'disk_healthy').map(({ labels, value }) => [labels['device'], value]);
    assert.deepEqual(healthy, [
      ['/dev/sda', 1],
      ['/dev/sdb', 0],
      ['/dev/sdc', 1],
      ['/dev/nvme0', 1],
    ]);
  });

  test('without smartctl, or with one that prints no JSON, there is no report', () => {
    const none = run('smart-disks.mjs', { PATH: `${dirname(process.execPath)}:/nowhere` });
    assert.deepEqual([none.status, none.stdout], [none.status === 0 ? 'a report' : none.status, '']);
    const old = run('smart-disks.mjs', smartctl('echo smartctl 6.6'));
    assert.deepEqual([old.status, old.stdout], [1, '']);
    assert.match(old.stderr, /printed no JSON/);
  });

  test('are refused until the operator grants what they ask for', async () => {
    using folder = createPluginFolder();
    for (const name of ['smart-disks.mjs', 'smart-disks.yaml']) copyFileSync(join(shipped, name), join(folder.directory, name));
    chmodSync(join(folder.directory, 'smart-disks.mjs'), 0o755);
    await using agent = await folder.start();
    const { trouble } = await agent.until('/2/report/storage/smart-disks', (report) => report.trouble !== undefined);
    assert.match(trouble?.problem ?? '', /MONITOR_PLUGIN_NOT_GRANTED.*group disk, capability sys_rawio, capability sys_admin/);
    if (process.getuid?.() !== 0) return;
    writeFileSync(folder.settings, 'grants: {smart-disks: {groups: [disk], capabilities: [sys_rawio, sys_admin]}}\n');
    folder.write('README', 'the folder has changed');
    // Node runs in the confinement, whether the host has smartctl or not.
    const run = await agent.until(
      '/2/report/storage/smart-disks',
      (report) => report.trouble?.problem.includes('NOT_GRANTED') === false || 'disks' in report.data,
    );
    if (run.trouble) assert.match(run.trouble.problem, /smartctl is not installed/);
  });
});

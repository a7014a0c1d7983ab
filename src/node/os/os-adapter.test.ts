import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemClock } from '../../base/index.ts';
import { diskPathOf } from '../testing/disk-path-of.ts';
import { createOsAdapter, type OsAdapter } from './os-adapter.ts';
import { inFolder, installRequest, nic, recordingContext, withCode, writeDefinition } from './os-test-helpers.ts';

const adapterIn = (dir: string, fields: { scriptTimeoutMs?: number } = {}): OsAdapter =>
  createOsAdapter({ searchPath: [join(dir, 'os')], logDir: join(dir, 'log'), workDir: join(dir, 'work'), ...fields });

const variablesOf = (log: string): Map<string, string> =>
  new Map(log.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));

const gone = async (pid: number): Promise<boolean> => {
  for (let attempt = 0; attempt < 100; attempt++) {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    if (status === null || status.includes(') Z ')) return true;
    await systemClock.sleep(50);
  }
  return false;
};

/** The test's own child that waits in a script, by the marker in its environment. */
async function pidOfMarked(marker: string): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    for (const name of (await readdir('/proc')).filter((one) => /^\d+$/.test(one))) {
      const commandLine = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
      if (commandLine === `sleep\0${marker}\0`) return Number(name);
    }
    await systemClock.sleep(50);
  }
  throw new Error(`no process sleeps for ${marker}`);
}

describe('OS scripts', () => {
  it('get the environment of the interface and nothing else', () =>
    inFolder(async (dir) => {
      await writeDefinition(join(dir, 'os'), 'debian', {
        create: '#!/bin/sh\npwd\nenv\n',
        'variants.list': 'stable\ntesting\n',
        'parameters.list': 'root-size x\n',
      });
      const network = { name: 'net1', cidr: '10.1.0.0/24', gateway: '10.1.0.1' };
      const nics = [
        nic({ ip: '10.1.0.5', network }),
        nic({ mac: 'aa:00:00:11:22:44', nicparams: { mode: 'routed', link: '100', vlan: '' } }),
      ];
      const request = await installRequest(dir, { os: 'debian+testing', osparams: { 'root-size': '8 GiB' }, nics }, 'raw', [16, 8]);
      const { log } = await adapterIn(dir).install({ ...request, reinstall: true, debug: 1 }, recordingContext());
      const variables = variablesOf(log);
      assert.ok(log.startsWith(`${join(dir, 'os', 'debian')}\n`));
      const expected = {
        ...{
          OS_API_VERSION: '20',
          OS_NAME: 'debian',
          OS_VARIANT: 'testing',
          OSP_ROOT_SIZE: '8 GiB',
          DEBUG_LEVEL: '1',
          INSTANCE_REINSTALL: '1',
        },
        ...{ INSTANCE_NAME: 'web1', INSTANCE_OS: 'debian+testing', INSTANCE_UUID: request.instance.uuid, HYPERVISOR: 'kvm' },
        ...{
          DISK_COUNT: '2',
          DISK_0_PATH: diskPathOf(request),
          DISK_0_SIZE: '16',
          DISK_0_ACCESS: 'rw',
          DISK_0_UUID: request.disks[0]?.uuid,
        },
        ...{ DISK_1_PATH: diskPathOf(request, 1), DISK_0_FRONTEND_TYPE: 'paravirtual', DISK_0_BACKEND_TYPE: 'file:loop' },
        ...{
          NIC_COUNT: '2',
          NIC_0_MAC: 'aa:00:00:11:22:33',
          NIC_0_IP: '10.1.0.5',
          NIC_0_MODE: 'bridged',
          NIC_0_LINK: 'br0',
          NIC_0_BRIDGE: 'br0',
        },
        ...{
          NIC_0_NETWORK_NAME: 'net1',
          NIC_0_NETWORK_SUBNET: '10.1.0.0/24',
          NIC_0_NETWORK_GATEWAY: '10.1.0.1',
          NIC_0_FRONTEND_TYPE: 'paravirtual',
        },
        ...{
          NIC_1_MODE: 'routed',
          NIC_1_LINK: '100',
          INSTANCE_BE_maxmem: '128',
          INSTANCE_BE_minmem: '64',
          INSTANCE_BE_vcpus: '1',
          INSTANCE_HV_acpi: 'True',
        },
        PATH: '/sbin:/bin:/usr/sbin:/usr/bin',
      };
      for (const [name, value] of Object.entries(expected)) assert.equal(variables.get(name), value, name);
      for (const name of ['NIC_1_BRIDGE', 'NIC_1_IP', 'NIC_1_NETWORK_NAME', 'HOME', 'USER']) assert.equal(variables.has(name), false, name);
    }));

  it('use the first variant when none is named', () =>
    inFolder(async (dir) => {
      await writeDefinition(join(dir, 'os'), 'debian', {
        create: '#!/bin/sh\necho "v=$OS_VARIANT"\n',
        'variants.list': 'stable\ntesting\n',
      });
      const { log } = await adapterIn(dir).install(await installRequest(dir, { os: 'debian' }), recordingContext());
      assert.equal(log, 'v=stable\n');
    }));

  it('report progress line by line, and keep a log', () =>
    inFolder(async (dir) => {
      const create = '#!/bin/sh\necho one\nprintf "    (50.00/100%%)\\r"\necho two >&2\nprintf three\n';
      await writeDefinition(join(dir, 'os'), 'debian', { create });
      const context = recordingContext();
      const { log } = await adapterIn(dir).install(await installRequest(dir, { os: 'debian' }), context);
      for (const text of ['one', 'two', 'three'])
        assert.ok(
          context.seen.some((progress) => progress.text === text),
          text,
        );
      assert.ok(context.seen.some((progress) => progress.fraction === 0.5));
      const [file = ''] = (await readdir(join(dir, 'log', 'os'))).filter((name) => name.startsWith('create-debian-web1'));
      assert.equal(await readFile(join(dir, 'log', 'os', file), 'utf8'), log);
    }));

  it('report a failure with its last lines', () =>
    inFolder(async (dir) => {
      const create = '#!/bin/sh\nfor i in $(seq 100); do echo "line $i"; done\necho "no mirror" >&2\nexit 3\n';
      await writeDefinition(join(dir, 'os'), 'debian', { create });
      const install = adapterIn(dir).install(await installRequest(dir, { os: 'debian' }), recordingContext());
      await assert.rejects(
        install,
        withCode('OS_SCRIPT_FAILED', /create script of OS "debian" failed for web1 \(exit code 3\).*no mirror/s),
      );
    }));

  it('are ended with everything that they started, when they take too long', () =>
    inFolder(async (dir) => {
      const marker = String(1_000_000 + process.pid);
      await writeDefinition(join(dir, 'os'), 'slow', { create: `#!/bin/sh\necho begun\nsetsid sleep ${marker} &\nsleep 1000\n` });
      const install = adapterIn(dir, { scriptTimeoutMs: 1000 }).install(await installRequest(dir, { os: 'slow' }), recordingContext());
      const [pid] = await Promise.all([pidOfMarked(marker), assert.rejects(install, withCode('OS_SCRIPT_TIMED_OUT', /1 s/))]);
      assert.ok(await gone(pid));
    }));

  it('can be cancelled, and get the chance to clean up', () =>
    inFolder(async (dir) => {
      const marker = String(2_000_000 + process.pid);
      const create = `#!/bin/bash\ntrap 'echo cleaned > ${dir}/cleaned; exit 1' TERM\necho begun\nsetsid sleep ${marker} &\nwait\n`;
      await writeDefinition(join(dir, 'os'), 'slow', { create });
      const controller = new AbortController();
      const install = adapterIn(dir).install(await installRequest(dir, { os: 'slow' }), recordingContext(controller.signal));
      const pid = await pidOfMarked(marker);
      controller.abort();
      await assert.rejects(install, withCode('CANCELLED'));
      assert.ok(await gone(pid));
      assert.equal(await readFile(join(dir, 'cleaned'), 'utf8'), 'cleaned\n');
    }));

  it('leave no process behind when they end', () =>
    inFolder(async (dir) => {
      const marker = String(3_000_000 + process.pid);
      await writeDefinition(join(dir, 'os'), 'sloppy', { create: `#!/bin/sh\nsetsid sleep ${marker} >/dev/null 2>&1 &\nsleep 0.5\n` });
      const install = adapterIn(dir).install(await installRequest(dir, { os: 'sloppy' }), recordingContext());
      const [pid] = await Promise.all([pidOfMarked(marker), install]);
      assert.ok(await gone(pid));
    }));

  it('end when the process that runs them is killed', () =>
    inFolder(async (dir) => {
      const marker = String(4_000_000 + process.pid);
      await writeDefinition(join(dir, 'os'), 'slow', { create: `#!/bin/sh\nsetsid sleep ${marker} &\nwait\n` });
      const request = await installRequest(dir, { os: 'slow' }, 'qcow2');
      const program = `
        import { createOsAdapter } from ${JSON.stringify(join(import.meta.dirname, 'os-adapter.ts'))};
        const adapter = createOsAdapter(${JSON.stringify({ searchPath: [join(dir, 'os')], logDir: join(dir, 'log'), workDir: join(dir, 'work') })});
        await adapter.install(${JSON.stringify(request)}, { progress: () => undefined, signal: new AbortController().signal });`;
      const agent = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
      const ended = new Promise((resolve) => agent.on('close', resolve));
      const pid = await pidOfMarked(marker);
      agent.kill('SIGKILL');
      await ended;
      assert.ok(await gone(pid));
      // The disk is free again, so a repeat of the step works.
      await writeDefinition(join(dir, 'os'), 'slow', { create: '#!/bin/sh\necho again\n' });
      assert.equal((await adapterIn(dir).install(request, recordingContext())).log, 'again\n');
      assert.deepEqual(await readdir(join(dir, 'work')), []);
    }));

  it('see qcow2 disks as raw files, and what they write is in the disk', () =>
    inFolder(async (dir) => {
      const create =
        '#!/bin/sh\nset -e\nstat -c "%s %F" "$DISK_0_PATH"\nprintf hello | dd of="$DISK_0_PATH" bs=1 seek=1048576 conv=notrunc status=none\n';
      await writeDefinition(join(dir, 'os'), 'debian', {
        create,
        export: '#!/bin/sh\ndd if="$EXPORT_DEVICE" bs=1 skip=1048576 count=5 status=none\n',
      });
      const request = await installRequest(dir, { os: 'debian' }, 'qcow2');
      const { log } = await adapterIn(dir).install(request, recordingContext());
      assert.equal(log, `${16 * 1048576} regular file\n`);
      const file = await open(join(dir, 'dump'), 'w+');
      await adapterIn(dir).exportDisk({ ...request, index: 0, descriptor: file.fd }, recordingContext());
      await file.close();
      assert.equal(await readFile(join(dir, 'dump'), 'utf8'), 'hello');
      assert.deepEqual(await readdir(join(dir, 'work')), []);
    }));

  it('report a disk that cannot be opened', () =>
    inFolder(async (dir) => {
      await writeDefinition(join(dir, 'os'), 'debian');
      const request = await installRequest(dir, { os: 'debian' }, 'qcow2');
      await writeFile(diskPathOf(request), 'no disk');
      await assert.rejects(adapterIn(dir).install(request, recordingContext()), withCode('OS_DISK_FAILED', /not in qcow2 format/));
      assert.deepEqual(await readdir(join(dir, 'work')), []);
    }));

  it('dump, restore and rename', () =>
    inFolder(async (dir) => {
      await writeDefinition(join(dir, 'os'), 'debian', {
        export:
          '#!/bin/sh\necho 12345 >&3\necho "to the log" >&2\nprintf "dump of %s" "$EXPORT_INDEX"\n[ "$EXPORT_DEVICE" = "$DISK_1_PATH" ] && [ "$EXPORT_DISK_PATH" = "$DISK_1_PATH" ] && [ "$EXP_SIZE_FD" = 3 ]\n',
        import: '#!/bin/sh\n[ "$IMPORT_DEVICE" = "$DISK_0_PATH" ] && [ "$IMPORT_INDEX" = 0 ] && cat\n',
        rename: '#!/bin/sh\necho "$OLD_INSTANCE_NAME to $INSTANCE_NAME"\n',
      });
      const adapter = adapterIn(dir);
      const request = await installRequest(dir, { os: 'debian' }, 'raw', [1, 1]);
      const context = recordingContext();
      const file = await open(join(dir, 'dump'), 'w+');
      await adapter.exportDisk({ ...request, index: 1, descriptor: file.fd }, context);
      assert.equal(await readFile(join(dir, 'dump'), 'utf8'), 'dump of 1');
      assert.ok(context.seen.some((progress) => progress.text === 'about 12345 bytes to export'));
      await file.close();
      const input = await open(join(dir, 'dump'), 'r');
      assert.equal((await adapter.importDisk({ ...request, index: 0, descriptor: input.fd }, context)).log, 'dump of 1');
      await input.close();
      assert.equal((await adapter.rename({ ...request, oldName: 'old1' }, context)).log, 'old1 to web1\n');
      await assert.rejects(adapter.exportDisk({ ...request, index: 2, descriptor: 1 }, context), withCode('OS_DISK_FAILED'));
    }));
});

describe('OS parameters', () => {
  const verify = '#!/bin/sh\n[ "$1" = parameters ] || exit 2\n[ "$OSP_DHCP" != maybe ] || { echo "dhcp is yes or no" >&2; exit 1; }\n';

  it('are checked by name and by the verify script', () =>
    inFolder(async (dir) => {
      await writeDefinition(join(dir, 'os'), 'debian', { verify, 'parameters.list': 'dhcp yes or no\n' });
      const adapter = adapterIn(dir);
      const check = (osparams: Record<string, string>) => adapter.verifyParams({ os: 'debian', osparams, force_variant: false });
      await check({ dhcp: 'yes' });
      await assert.rejects(check({ dhcp: 'maybe' }), withCode('OS_PARAMETERS_REFUSED', /dhcp is yes or no/));
      await assert.rejects(check({ dhpc: 'yes' }), withCode('OS_PARAMETER_UNKNOWN', /dhpc/));
      const request = await installRequest(dir, { os: 'debian', osparams: { dhcp: 'maybe' } });
      await assert.rejects(adapter.install(request, recordingContext()), withCode('OS_PARAMETERS_REFUSED'));
    }));

  it('include the variant, which can be forced', () =>
    inFolder(async (dir) => {
      await writeDefinition(join(dir, 'os'), 'debian', { 'variants.list': 'stable\n' });
      await writeDefinition(join(dir, 'os'), 'plain');
      const check = (os: string, force_variant: boolean) => adapterIn(dir).verifyParams({ os, osparams: {}, force_variant });
      await check('debian+stable', false);
      await check('debian', false);
      await check('debian+sid', true);
      await assert.rejects(check('debian+sid', false), withCode('OS_VARIANT_INVALID', /no variant "sid"/));
      await assert.rejects(check('plain+sid', false), withCode('OS_VARIANT_INVALID', /no variants/));
    }));
});

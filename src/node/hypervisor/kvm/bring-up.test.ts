import assert from 'node:assert/strict';
import { access, chmod, lstat, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type GantryError, systemClock } from '../../../base/index.ts';
import { readBootId, readSameProcess, unprivileged } from '../../../host/index.ts';
import { diskPathOf } from '../../testing/disk-path-of.ts';
import { handlerContext } from '../hypervisor-conformance.ts';
import type { StartRequest } from '../start-request.ts';
import { probeAccelerator } from './accelerator-probe.ts';
import { acceptMigration } from './accept-migration.ts';
import { kvmGroups } from './kvm-groups.ts';
import { createKvmHypervisor } from './kvm-hypervisor.ts';
import type { KvmParts } from './kvm-parts.ts';
import { newRequest } from './kvm-test-harness.ts';
import { cleanMessage } from './launch-qemu.ts';
import { createQemuFacts } from './qemu-facts.ts';
import { createQmpPool } from './qmp-pool.ts';
import { readRuntime } from './runtime-file.ts';
import { startInstance } from './start-instance.ts';
import { stopInstance } from './stop-instance.ts';
import { createTestParts, type TestParts } from './test-parts.ts';
import { writeTestQemu } from './test-qemu.ts';

const skip = process.getuid?.() === 0 ? false : 'only root can start a program as another user';
let base: TestParts;
let parts: KvmParts;
let qemuPath: string;
let request: StartRequest;
beforeEach(async () => {
  base = await createTestParts();
  const folder = dirname(base.runDir);
  await chmod(folder, 0o711);
  qemuPath = join(folder, 'qemu');
  await writeTestQemu(qemuPath);
  parts = { ...base, clock: systemClock, qemuPath, qmp: createQmpPool(), facts: createQemuFacts(qemuPath) };
  request = newRequest(join(folder, 'disk.raw'));
  await writeFile(diskPathOf(request), '');
});
afterEach(() => base.dispose());

const there = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
const uid = () => parts.uidBase + (request.spec.network_port ?? 0) - 11_000;
/** What QEMU was asked. */
const asked = async () =>
  [...(await readFile(parts.files(request.spec).log, 'utf8')).matchAll(/^asked (.*)$/gm)].map(
    ([, text]) => JSON.parse(text ?? '') as unknown[],
  );
const failure = (work: Promise<unknown>) =>
  work.then(
    () => assert.fail('it succeeded'),
    ({ code, facts }: GantryError) => [code, facts],
  );
const withVnc = () => {
  request = { ...request, spec: { ...request.spec, hvparams: { ...request.spec.hvparams, vnc_bind_address: '127.0.0.1' } } };
};

describe('a machine that is started', { skip }, () => {
  it('runs as a user of its own, is told to go on, and is written down', async () => {
    const secret = { ...request, spec: { ...request.spec, osparams: { password: 'x' } } };
    assert.deepEqual(await startInstance(parts, secret, handlerContext()), { changed: true });
    const files = parts.files(request.spec);
    const { process, ...runtime } = (await readRuntime(files.runtime)) ?? assert.fail();
    const { uuid, name } = request.spec;
    assert.deepEqual(runtime, {
      ...{ version: 1, layout: 2, uuid, name, machine: 'pc-i440fx-7.2', accelerator: 'tcg', uid: uid() },
      ...{ phase: 'running', incoming: null, vnc: null, request },
    });
    assert.ok(process && (await readSameProcess(process)));
    const status = await readFile(`/proc/${process.pid}/status`, 'utf8');
    assert.match(status, new RegExp(`^Uid:\\s+${uid()}\\s+${uid()}\\s`, 'm'));
    assert.match(status, /^NoNewPrivs:\s+1$/m);
    assert.match(status, /^Groups:\s*$/m);
    const log = await readFile(files.log, 'utf8');
    assert.match(log, /^=== \d{4}-\d\d-\d\dT[\d:.]+Z setpriv --reuid=\d+ .*\/qemu -nodefaults /);
    assert.deepEqual(await asked(), [['cont', {}]]);
    assert.deepEqual(base.calls, [`hold ${uuid}`]);
    assert.deepEqual([(await stat(files.directory)).mode & 0o777, (await stat(files.qmp)).mode & 0o777], [0o700, 0o600]);
    assert.equal((await stat(diskPathOf(request))).uid, uid());
    assert.deepEqual(await startInstance(parts, secret, handlerContext()), { changed: false });
    await stopInstance(parts, request.spec, 0, handlerContext());
    assert.deepEqual([await readSameProcess(process), await there(files.directory)], [undefined, false]);
  });

  it('may have VNC: its socket is taken out of the reach of its user', async () => {
    withVnc();
    await writeTestQemu(qemuPath, "socket.socket(socket.AF_UNIX).bind('vnc')");
    await startInstance(parts, request, handlerContext());
    const files = parts.files(request.spec);
    const vnc = await lstat(files.vnc);
    assert.deepEqual([vnc.isSocket(), vnc.uid, (await stat(files.workDirectory)).uid], [true, 0, 0]);
    assert.equal(await there(join(files.workDirectory, 'vnc')), false);
    await stopInstance(parts, request.spec, 0, handlerContext());
  });

  it('fails with what QEMU says, and leaves nothing but its log', async () => {
    const { name } = request.spec;
    const { log, directory } = parts.files(request.spec);
    for (const [begin, problem] of [
      [`print('/x/qemu-system-x86_64: -foo: no such option', file=sys.stderr); sys.exit(1)`, '-foo: no such option'],
      ['sys.exit(1)', 'it ended without a message'],
    ] as const) {
      await writeTestQemu(qemuPath, begin);
      assert.deepEqual(await failure(startInstance(parts, request, handlerContext())), ['HYPERVISOR_START_FAILED', { name, problem, log }]);
      assert.deepEqual([await there(directory), base.calls.at(-1)], [false, `release ${request.spec.uuid}`]);
    }
    withVnc();
    await writeTestQemu(qemuPath, "open('vnc', 'w')");
    const [code, facts] = (await failure(startInstance(parts, request, handlerContext()))) as [string, { problem: string }];
    assert.deepEqual([code, await there(directory)], ['HYPERVISOR_START_FAILED', false]);
    assert.match(facts.problem, /^QEMU made something else than a socket as .*\/q\/vnc$/);
    const open = { ...request, spec: { ...request.spec, hvparams: { vnc_bind_address: '0.0.0.0' } } };
    assert.equal(((await failure(startInstance(parts, open, handlerContext()))) as [string])[0], 'VNC_ADDRESS_REFUSED');
  });

  it('takes the machine and the accelerator that it is told to', async () => {
    request = {
      ...request,
      spec: { ...request.spec, hvparams: { ...request.spec.hvparams, machine_version: 'pc-1', accelerator: 'kvm' } },
    };
    await startInstance(parts, request, handlerContext());
    const { machine, accelerator } = (await readRuntime(parts.files(request.spec).runtime)) ?? assert.fail();
    assert.deepEqual([machine, accelerator], ['pc-1', 'kvm']);
    assert.match(await readFile(parts.files(request.spec).log, 'utf8'), / -machine pc-1,.* -accel kvm /);
    await stopInstance(parts, request.spec, 0, handlerContext());
  });
});

describe('a machine that waits for another node', { skip }, () => {
  it('listens where it is told to, and says where that is', async () => {
    const port = { 'query-migrate': { 'socket-address': [{ port: '18105' }] } };
    for (const [address, uri, found] of [
      ['10.0.0.2', 'tcp:10.0.0.2:18102,to=18165', port],
      ['', 'tcp:127.0.0.1:18102,to=18165', {}],
      ['fd00::2', 'tcp:[fd00::2]:18102,to=18165', port],
    ] as const) {
      await writeTestQemu(qemuPath, '', found);
      const accepted = await acceptMigration(parts, request, address);
      const expected = { address: address || '127.0.0.1', port: found === port ? 18_105 : 18_102 };
      assert.deepEqual(accepted, { ...expected, machine: 'pc-i440fx-7.2' });
      assert.deepEqual((await asked()).slice(-3), [
        ['migrate-set-capabilities', { capabilities: [{ capability: 'return-path', state: true }] }],
        ['migrate-incoming', { uri }],
        ['query-migrate', {}],
      ]);
      const runtime = await readRuntime(parts.files(request.spec).runtime);
      assert.deepEqual([runtime?.phase, runtime?.incoming], ['incoming', expected]);
      await stopInstance(parts, request.spec, 0, handlerContext());
    }
    const late = { ...request, spec: { ...request.spec, hvparams: { ...request.spec.hvparams, migration_port: 65_500 } } };
    await acceptMigration(parts, late, '10.0.0.2');
    assert.deepEqual((await asked()).at(-2), ['migrate-incoming', { uri: 'tcp:10.0.0.2:65500,to=65535' }]);
    await stopInstance(parts, request.spec, 0, handlerContext());
  });
});

describe('the probe of KVM', { skip }, () => {
  const result = (exit: string) => writeTestQemu(qemuPath, exit);
  const again = () => probeAccelerator({ ...parts, facts: createQemuFacts(qemuPath) });
  const path = () => join(parts.stateDir, 'probes.json');

  it('says whether a guest did its work, why not, and remembers it for this boot and version', async () => {
    for (const [exit, problem] of [
      ['sys.exit(33)', null],
      ['sys.exit(0)', 'a tiny test guest crashed'],
      ["print('one\\ntwo', file=sys.stderr); sys.exit(1)", 'two'],
      ['sys.exit(1)', 'QEMU ended without a message'],
    ] as const) {
      await writeFile(path(), '{"other": 1}').catch(() => undefined);
      await result(exit);
      const accelerator = problem === null ? 'kvm' : 'tcg';
      const { accelerator: found, problem: told } = await again();
      assert.deepEqual([found, told], [accelerator, problem], exit);
      const kept = JSON.parse(await readFile(path(), 'utf8')) as Record<string, unknown>;
      assert.deepEqual(kept['kvm'], { accelerator, problem, bootId: readBootId(), version: '7.2.22' });
      await result('sys.exit(5)');
      assert.deepEqual((await again()).problem, problem, 'remembered');
      await writeFile(path(), JSON.stringify({ ...kept, kvm: { ...(kept['kvm'] as object), version: '6' } }));
      assert.match((await again()).problem ?? '', /exit code 5/, 'another version');
      await writeFile(path(), JSON.stringify({ ...kept, kvm: { ...(kept['kvm'] as object), bootId: 'x' } }));
      assert.match((await again()).problem ?? '', /exit code 5/, 'another boot');
      assert.equal((JSON.parse(await readFile(path(), 'utf8')) as Record<string, unknown>)['other'], kept['other']);
    }
    assert.ok(base.logged.includes('KVM does not work on this node; instances run emulated (TCG), many times slower'));
  });

  it('lets its unprivileged QEMU read the disk of the guest, also with the umask of the unit', async () => {
    await result("open('guest', 'rb').read(1); sys.exit(33)");
    const before = process.umask(0o077);
    try {
      assert.equal((await again()).problem, null);
    } finally {
      process.umask(before);
    }
  });

  it('is made again when what is remembered cannot be read, once for all who ask at the same time', async () => {
    await result('sys.exit(33)');
    await mkdir(parts.stateDir, { recursive: true });
    await writeFile(path(), 'torn');
    const [one, other] = [probeAccelerator(parts), probeAccelerator(parts)];
    assert.equal(one, other);
    assert.equal((await one).accelerator, 'kvm');
    assert.deepEqual(base.logged, ['the result of the last probe cannot be read; probing again']);
  });

  it('is what the hypervisor tells of itself', async () => {
    await result('sys.exit(33)');
    const { runDir, stateDir, logDir, listenAddress, uidBase, clock, log } = parts;
    const of = (program: string) =>
      createKvmHypervisor({ runDir, stateDir, logDir, listenAddress, uidBase, clock, log, qemuPath: program });
    assert.deepEqual(await of(qemuPath).probe(), { version: '7.2.22', accelerator: 'kvm', problem: null });
    const missing = await of('/nonexistent/qemu').probe();
    assert.deepEqual([missing.version, missing.accelerator], ['', null]);
    assert.match(missing.problem ?? '', /\/nonexistent\/qemu/);
  });
});

describe('facts of QEMU', () => {
  it('are asked once in a while, a failure each time', async () => {
    const facts = createQemuFacts(qemuPath);
    assert.deepEqual([await facts.version(), await facts.defaultMachine()], ['7.2.22', 'pc-i440fx-7.2']);
    await writeFile(qemuPath, '#!/bin/sh\necho nothing\n');
    assert.deepEqual([await facts.version(), await facts.defaultMachine()], ['7.2.22', 'pc-i440fx-7.2']);
    const fresh = createQemuFacts(qemuPath);
    assert.deepEqual(await failure(fresh.version()), [
      'HYPERVISOR_MISSING',
      { program: qemuPath, problem: '"--version" gave no answer that is known' },
    ]);
    await writeFile(qemuPath, '#!/bin/sh\necho QEMU emulator version 9.0\n');
    assert.equal(await fresh.version(), '9.0');
    const [code, { program, problem }] = (await failure(createQemuFacts('/nonexistent/qemu').version())) as [
      string,
      Record<string, string>,
    ];
    assert.deepEqual([code, program], ['HYPERVISOR_MISSING', '/nonexistent/qemu']);
    assert.match(problem ?? '', /not installed/);
  });

  it('are its last words, without what does not matter', () => {
    assert.equal(cleanMessage(''), 'it ended without a message');
    assert.equal(cleanMessage('Failed to unlink socket x\n\n'), 'it ended without a message');
    const noise = "qemu-system-x86_64: warning: host doesn't support requested feature: CPUID\n";
    assert.equal(cleanMessage(`${noise}/usr/bin/qemu-system-x86_64: one\n  two \n`), 'one; two');
    assert.equal(cleanMessage('1\n2\n3\n4\n5\n6\n7\n8'), '3; 4; 5; 6; 7; 8');
  });
});

describe('the privileges of a machine', { skip }, () => {
  it('are none, but the group that may use KVM', async () => {
    const dropped = ['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all', 'qemu', '-x'];
    assert.deepEqual(unprivileged(7, ['qemu', '-x']), ['setpriv', '--reuid=7', '--regid=7', '--clear-groups', ...dropped]);
    assert.deepEqual(unprivileged(7, ['qemu', '-x'], [5, 6]), ['setpriv', '--reuid=7', '--regid=7', '--groups=5,6', ...dropped]);
    const device = await stat('/dev/kvm').catch(() => undefined);
    const mayUse = device !== undefined && device.gid !== 0 && (device.mode & 0o060) === 0o060;
    assert.deepEqual(await kvmGroups(), mayUse ? [device.gid] : []);
  });
});

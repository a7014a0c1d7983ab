import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { GantryError, run } from '../../../base/index.ts';
import { createKeyedMutex, identifyProcess } from '../../../host/index.ts';
import { instanceStopper } from '../../handlers/stop-instance.ts';
import type { NodeParts } from '../../node-parts.ts';
import { capabilityOf } from '../capability-of.ts';
import { handlerContext, hypervisorConformance, placesOf, refOf, sendParams, stateOf, withCode } from '../hypervisor-conformance.ts';
import type { StartRequest } from '../start-request.ts';
import { createKvmHypervisor } from './kvm-hypervisor.ts';
import { createKvmHarness, type KvmHarness, newRequest } from './kvm-test-harness.ts';
import type { Runtime } from './runtime-file.ts';
import { guestGreeting } from './test-guests.ts';

let harness: KvmHarness;
before(async () => {
  harness = await createKvmHarness();
});
after(() => harness.dispose());

const filesOf = (request: StartRequest) => harness.filesOf(request);
const pidOf = async (request: StartRequest) => {
  const pid = (await harness.source.list()).find(({ uuid }) => uuid === request.spec.uuid)?.pid;
  assert.ok(pid);
  return pid;
};
const withHvparams = (request: StartRequest, hvparams: Record<string, unknown>): StartRequest => ({
  ...request,
  spec: { ...request.spec, hvparams: { ...request.spec.hvparams, ...hvparams } },
});

/** What comes over a console up to a text. */
async function hearUntil(path: string, text: string): Promise<string> {
  let heard = '';
  for await (const piece of connect(path)) {
    heard += (piece as Buffer).toString('latin1');
    if (heard.includes(text)) break;
  }
  return heard;
}

/** Changes what the agent remembers of an instance. */
async function tamper(request: StartRequest, change: (runtime: Runtime) => Runtime): Promise<void> {
  const { runtime } = filesOf(request);
  await writeFile(runtime, JSON.stringify(change(JSON.parse(await readFile(runtime, 'utf8')) as Runtime)));
}

describe('KVM hypervisor', () => {
  hypervisorConformance('kvm', () => harness);

  it('runs QEMU without any privilege, in a directory of its own', async () => {
    const request = await harness.request('obedient');
    await harness.source.start(request, handlerContext());
    const status = await readFile(`/proc/${await pidOf(request)}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1];
    const { workDirectory, directory } = filesOf(request);
    assert.equal(field('Uid')?.split('\t')[0], String(harness.uidOf(request)));
    assert.notEqual(harness.uidOf(request), 0);
    for (const folder of [directory, workDirectory]) assert.equal((await stat(folder)).uid, 0);
    assert.equal((await stat(directory)).mode & 0o777, 0o700);
    assert.equal(field('Groups')?.trim(), '');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.match(field(set) ?? '', /^0+$/);
    assert.equal(field('NoNewPrivs'), '1');
    assert.equal(field('Seccomp'), '2');
    await harness.source.stop(refOf(request), 0, handlerContext());
  });

  it('keeps the boot messages of the serial console and shows where it is', async () => {
    const request = await harness.request('obedient');
    await harness.source.start(request, handlerContext());
    await harness.booted(refOf(request));
    const { serial_socket, vnc, vnc_socket } = await placesOf(harness.source, refOf(request));
    assert.match(await hearUntil(serial_socket ?? '', guestGreeting), new RegExp(guestGreeting));
    assert.deepEqual([vnc, vnc_socket], [null, null]);
    await harness.source.stop(refOf(request), 0, handlerContext());
  });

  it('leaves the instance running when the agent ends', async () => {
    const request = await harness.request('obedient');
    const agent = `
      import { createKvmHypervisor } from ${JSON.stringify(new URL('./kvm-hypervisor.ts', import.meta.url).href)};
      import { silentLog, systemClock } from ${JSON.stringify(new URL('../../../base/index.ts', import.meta.url).href)};
      const [options, request] = JSON.parse(process.argv[1]);
      const kvm = createKvmHypervisor({ ...options, clock: systemClock, log: silentLog });
      await kvm.start(request, { progress: () => {}, signal: new AbortController().signal });
    `;
    const options = { ...harness.options, log: undefined, clock: undefined };
    await run(process.execPath, ['--input-type=module', '-e', agent, JSON.stringify([options, request])]);
    assert.equal(await stateOf(harness.source, refOf(request)), 'running');
    const pid = await pidOf(request);
    // A session of its own: what ends the agent with its process group or terminal does not reach it.
    assert.equal((await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[3], String(pid));
    await harness.booted(refOf(request));
    assert.deepEqual(await harness.source.stop(refOf(request), 20, handlerContext()), { changed: true, graceful: true });
  });

  it('tells of progress while the guest stops', async () => {
    const request = await harness.request('stubborn');
    await harness.source.start(request, handlerContext());
    await harness.booted(refOf(request));
    const texts: string[] = [];
    await harness.source.stop(
      refOf(request),
      1,
      handlerContext((text) => texts.push(text)),
    );
    assert.match(texts[0] ?? '', /waiting for the guest to stop, [01] of 1 s/);
    assert.equal(texts.at(-1), 'stopping hard');
  });
});

describe('KVM hypervisor, faults', () => {
  const refusal = async (request: StartRequest): Promise<GantryError> => {
    try {
      await harness.source.start(request, handlerContext());
    } catch (error) {
      assert.ok(error instanceof GantryError);
      assert.equal(error.code, 'HYPERVISOR_START_FAILED');
      assert.equal(await stateOf(harness.source, refOf(request)), undefined);
      await assert.rejects(stat(filesOf(request).directory), { code: 'ENOENT' });
      return error;
    }
    return assert.fail('it started');
  };

  it("hands on QEMU's own message when QEMU dies at the start", async () => {
    const request = await harness.request('obedient');
    const badMachine = await refusal(withHvparams(request, { machine_version: 'pc-9.9' }));
    assert.match(badMachine.message, /unsupported machine type/);
    assert.match(await readFile(filesOf(request).log, 'utf8'), /unsupported machine type/);
    const badKernel = await refusal(withHvparams(request, { kernel_path: join(harness.directory, 'no-kernel') }));
    assert.match(badKernel.message, /could not open kernel file/);
    const noDisk = await refusal(newRequest(join(harness.directory, 'missing.raw')));
    assert.match(noDisk.message, /missing\.raw/);
    assert.deepEqual(await harness.source.start(request, handlerContext()), { changed: true });
    await harness.source.stop(refOf(request), 0, handlerContext());
  });

  it('does not put VNC on the network, whatever it was given', async () => {
    const request = await harness.request('obedient');
    for (const vnc_bind_address of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1,password=on']) {
      const wanted = withHvparams(request, { vnc_bind_address });
      await assert.rejects(harness.source.start(wanted, handlerContext()), withCode('VNC_ADDRESS_REFUSED'));
      await assert.rejects(
        capabilityOf(harness.target, 'migration').accept(wanted, '127.0.0.1', '127.0.0.1'),
        withCode('VNC_ADDRESS_REFUSED'),
      );
      await assert.rejects(stat(filesOf(request).directory), { code: 'ENOENT' });
    }
  });

  it('does not let two machines write to one disk', async () => {
    const [first, other] = [await harness.request('obedient'), await harness.request('obedient')];
    await harness.source.start(first, handlerContext());
    assert.match((await refusal({ ...other, disks: first.disks })).message, /lock/);
    await harness.source.stop(refOf(first), 0, handlerContext());
  });

  it('does not take another process with the same number for the instance', async () => {
    const request = await harness.request('obedient');
    await harness.source.start(request, handlerContext());
    await harness.crash(refOf(request));
    const stranger = spawn('sleep', ['300'], { stdio: 'ignore' });
    try {
      const pid = stranger.pid as number;
      await tamper(request, (runtime) => ({ ...runtime, process: runtime.process && { ...runtime.process, pid } }));
      assert.equal(await stateOf(harness.source, refOf(request)), 'crashed');
      assert.deepEqual(await harness.source.stop(refOf(request), 0, handlerContext()), { changed: false, graceful: false });
      assert.equal(stranger.exitCode, null);
      process.kill(pid, 0);
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it('finds a QEMU whose number the agent had no time to write down', async () => {
    const request = await harness.request('obedient');
    await harness.source.start(request, handlerContext());
    const pid = await pidOf(request);
    await tamper(request, (runtime) => ({ ...runtime, process: null, phase: 'starting' }));
    assert.equal(await pidOf(request), pid);
    assert.deepEqual(await harness.source.start(request, handlerContext()), { changed: false });
    await harness.source.stop(refOf(request), 0, handlerContext());
    assert.equal(await identifyProcess(pid), undefined);
  });

  it('ends the instance when its control socket is served by something else', async () => {
    const request = await harness.request('obedient');
    const ref = refOf(request);
    await harness.source.start(request, handlerContext());
    const { qmp } = filesOf(request);
    await rm(qmp);
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write('\u0000garbage\n'.repeat(10));
    }).listen(qmp);
    try {
      assert.equal(await stateOf(harness.source, ref), 'running');
      await assert.rejects(capabilityOf(harness.source, 'reset')(ref), withCode('HYPERVISOR_QMP_GARBLED'));
      assert.deepEqual(await harness.source.stop(ref, 5, handlerContext()), { changed: true, graceful: false });
      assert.equal(await stateOf(harness.source, ref), undefined);
    } finally {
      server.close();
    }
  });

  it('does not let a hard stop wait for a graceful one of a guest that ignores its power button', async () => {
    const request = await harness.request('stubborn');
    await harness.source.start(request, handlerContext());
    await harness.booted(refOf(request));
    const parts = {
      hypervisors: new Map([['kvm', harness.source]]),
      network: { cleanup: async () => undefined },
      activations: { get: async () => undefined, remove: async () => undefined },
      diskTemplates: new Map(),
    } as unknown as NodeParts;
    const stop = instanceStopper(parts, createKeyedMutex());
    const ref = { ...refOf(request), hypervisor: 'kvm' as const };
    const pressed = Promise.withResolvers<void>();
    const began = performance.now();
    const graceful = stop(
      { ...ref, timeout: 120 },
      handlerContext(() => pressed.resolve()),
    );
    await pressed.promise;
    await stop({ ...ref, timeout: 0 }, handlerContext());
    assert.deepEqual(await graceful, { changed: true, graceful: false });
    assert.ok(performance.now() - began < 60_000, 'it did not wait for the guest');
    assert.deepEqual(await harness.source.list(), []);
  });

  it('leaves the guest alone when a graceful stop is given up', async () => {
    const request = await harness.request('stubborn');
    await harness.source.start(request, handlerContext());
    await harness.booted(refOf(request));
    const context = { ...handlerContext(), signal: AbortSignal.timeout(150) };
    await assert.rejects(harness.source.stop(refOf(request), 60, context), { name: 'TimeoutError' });
    assert.equal(await stateOf(harness.source, refOf(request)), 'running');
    await harness.source.stop(refOf(request), 0, handlerContext());
  });

  it('goes on with the guest when the target of a migration dies', async () => {
    const request = await harness.request('obedient');
    const ref = refOf(request);
    await harness.source.start(request, handlerContext());
    await harness.booted(ref);
    const { port } = await capabilityOf(harness.target, 'migration').accept(request, '127.0.0.1', '127.0.0.1');
    const target = (await harness.target.list()).find(({ uuid }) => uuid === ref.uuid)?.pid;
    assert.ok(target);
    // It takes everything into its buffers, but never says that it has loaded it.
    process.kill(target, 'SIGSTOP');
    const sending = capabilityOf(harness.source, 'migration').send(sendParams(request, '127.0.0.1', port), handlerContext());
    setTimeout(() => process.kill(target, 'SIGKILL'), 400);
    await assert.rejects(sending, withCode('HYPERVISOR_MIGRATION_FAILED'));
    assert.equal(await stateOf(harness.source, ref), 'running');
    await capabilityOf(harness.target, 'migration').finish(ref, 'target', false);
    await capabilityOf(harness.source, 'migration').finish(ref, 'source', false);
    assert.deepEqual(await harness.source.stop(ref, 20, handlerContext()), { changed: true, graceful: true });
  });
});

describe('KVM hypervisor, host', () => {
  it('probes the accelerator once and remembers the answer', async () => {
    const first = await harness.source.probe();
    assert.match(first.version, /^\d+\.\d+/);
    assert.equal(first.problem, null);
    const path = join(harness.directory, 'state', 'probes.json');
    const probes = JSON.parse(await readFile(path, 'utf8')) as { kvm: { accelerator: string; problem: string | null } };
    assert.equal(probes.kvm.accelerator, first.accelerator);
    assert.equal(probes.kvm.problem === null, first.accelerator === 'kvm');
    const other = first.accelerator === 'kvm' ? 'tcg' : 'kvm';
    await writeFile(path, JSON.stringify({ ...probes, kvm: { ...probes.kvm, accelerator: other } }));
    assert.equal((await harness.restarted().probe()).accelerator, other);
    await writeFile(path, 'no JSON');
    assert.equal((await harness.restarted().probe()).accelerator, first.accelerator);
  });

  it('tells of crashed instances and of a missing QEMU', async () => {
    const request = await harness.request('obedient');
    await harness.source.start(request, handlerContext());
    await harness.crash(refOf(request));
    const leftovers = (await harness.source.verify()).filter(({ code }) => code === 'HYPERVISOR_LEFTOVER');
    assert.deepEqual(
      leftovers.map(({ subject }) => subject),
      [request.spec.name],
    );
    await harness.source.stop(refOf(request), 0, handlerContext());
    assert.ok((await harness.source.verify()).every(({ code }) => code !== 'HYPERVISOR_LEFTOVER'));
    const without = createKvmHypervisor({
      ...harness.options,
      runDir: join(harness.directory, 'c'),
      qemuPath: join(harness.directory, 'no-qemu'),
    });
    assert.deepEqual(
      (await without.verify()).map(({ code }) => code),
      ['HYPERVISOR_MISSING'],
    );
    assert.match((await without.probe()).problem ?? '', /no-qemu/);
    await assert.rejects(without.start(request, handlerContext()), withCode('HYPERVISOR_MISSING'));
  });

  it('attaches every kind of device, and a tap', async () => {
    const tap = `gt${process.pid}`;
    const image = join(harness.directory, 'cd.iso');
    await writeFile(image, Buffer.alloc(65_536));
    await run('ip', ['tuntap', 'add', tap, 'mode', 'tap']);
    try {
      for (const [disk_type, nic_type] of [
        ['paravirtual', 'paravirtual'],
        ['scsi-hd', 'e1000'],
        ['ide', 'rtl8139'],
      ]) {
        const plain = await harness.request('obedient');
        const request = withHvparams(plain, {
          disk_type,
          nic_type,
          cdrom_image_path: image,
          vnc_bind_address: '127.0.0.1',
          use_guest_agent: true,
          use_localtime: true,
          disk_cache: 'writethrough',
          disk_discard: 'unmap',
          boot_order: 'network',
          reboot_behavior: 'exit',
        });
        const nics = [{ kind: 'tap' as const, uuid: '0c0ffee0-0000-4000-8000-000000000001', mac: 'aa:00:00:11:22:33', tap }];
        await run('ip', ['tuntap', 'del', tap, 'mode', 'tap']);
        const started = { ...request, nics };
        await run('ip', ['tuntap', 'add', tap, 'mode', 'tap', 'user', String(harness.uidOf(started))]);
        await harness.source.start(started, handlerContext());
        assert.equal(await stateOf(harness.source, refOf(request)), 'running');
        const { vnc, vnc_socket } = await placesOf(harness.source, refOf(request));
        assert.equal(vnc, null);
        assert.match(await hearUntil(vnc_socket ?? '', 'RFB 003.008'), /^RFB 003\.008\n/);
        await harness.source.stop(refOf(request), 0, handlerContext());
      }
    } finally {
      await run('ip', ['tuntap', 'del', tap, 'mode', 'tap']);
    }
  });
});

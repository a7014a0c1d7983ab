import assert from 'node:assert/strict';
import { chown, mkdir, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connectQmp, run } from '../../src/base/index.ts';
import { connectGuest } from '../../src/monitor/collectors/connect-guest.ts';
import { capabilityOf } from '../../src/node/hypervisor/capability-of.ts';
import { handlerContext, placesOf, refOf, stateOf, withCode } from '../../src/node/hypervisor/hypervisor-conformance.ts';
import { createKvmHarness, type KvmHarness } from '../../src/node/hypervisor/kvm/kvm-test-harness.ts';
import type { StartRequest } from '../../src/node/hypervisor/start-request.ts';

// QEMU's user puts links to the sockets of another machine where the agents look for its own.

let harness: KvmHarness;
before(async () => {
  harness = await createKvmHarness();
});
after(() => harness.dispose());

async function started(): Promise<StartRequest> {
  const request = await harness.request('obedient');
  const chosen = { ...request, spec: { ...request.spec, hvparams: { ...request.spec.hvparams, vnc_bind_address: '127.0.0.1' } } };
  await harness.source.start(chosen, handlerContext());
  return chosen;
}

/** Puts the sockets where an earlier agent let QEMU make them: in a folder of QEMU's user. */
async function asBefore(request: StartRequest): Promise<void> {
  const { workDirectory, old, qmp, qmpMonitor, serial } = harness.filesOf(request);
  // The line that the agent holds would not be opened again.
  await harness.source.close?.();
  const uid = harness.uidOf(request);
  await rm(workDirectory, { recursive: true });
  await mkdir(workDirectory, { mode: 0o700 });
  for (const [from, to] of [
    [qmp, old.qmp],
    [qmpMonitor, join(workDirectory, 'qmpmon')],
    [serial, old.serial],
  ] as const) {
    await rename(from, to);
    await chown(to, uid, uid);
  }
  await chown(workDirectory, uid, uid);
}

/** Runs a program as QEMU's user of an instance; says whether it could do what it wanted. */
async function asGuest(request: StartRequest, command: readonly string[]): Promise<boolean> {
  const uid = harness.uidOf(request);
  const args = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs', ...command];
  const { code } = await run('setpriv', args, { okCodes: [0, 1, 2, 126, 127], cwd: '/' });
  return code === 0;
}

const statusOf = async (path: string) => {
  const qmp = await connectQmp(path);
  try {
    return await qmp.execute('query-status');
  } finally {
    qmp.close();
  }
};

describe('sockets of a guest', () => {
  it('lie where its process can write and look at nothing', async () => {
    const request = await started();
    const files = harness.filesOf(request);
    const names = (await readdir(files.directory)).sort();
    assert.deepEqual(names, ['console', 'q', 'qmp', 'qmpmon', 'runtime.json', 'serial', 'vnc']);
    for (const name of names) assert.equal((await stat(join(files.directory, name))).uid, 0, name);
    assert.deepEqual(await readdir(files.workDirectory), []);
    for (const place of [files.directory, files.workDirectory]) {
      assert.equal(await asGuest(request, ['ls', place]), false);
      assert.equal(await asGuest(request, ['touch', join(place, 'mine')]), false);
    }
    assert.equal(await asGuest(request, ['ln', '-sf', '/etc/passwd', files.qmp]), false);
    assert.equal(await asGuest(request, ['cat', files.runtime]), false);
    // The same from its own working directory, whose name it does not need.
    const pid = (await harness.source.list()).find(({ uuid }) => uuid === request.spec.uuid)?.pid;
    for (const name of ['vnc', '../qmp', '../runtime.json']) {
      assert.equal(await asGuest(request, ['ln', '-sf', '/etc/passwd', `/proc/${pid}/cwd/${name}`]), false, name);
    }
    await harness.source.stop(refOf(request), 0, handlerContext());
  });

  it('are refused where an earlier agent started it and a link leads to another machine', async () => {
    const [attacker, victim] = [await started(), await started()];
    await harness.booted(refOf(victim));
    const victims = harness.filesOf(victim);
    await asBefore(attacker);
    const { old, workDirectory } = harness.filesOf(attacker);
    const ref = refOf(attacker);
    // As long as it is honest, everything works.
    assert.equal(await stateOf(harness.source, ref), 'running');
    await harness.booted(ref);
    await harness.source.close?.();
    for (const path of [old.qmp, old.serial, join(workDirectory, 'qmpmon')]) await rm(path);
    await symlink(victims.qmp, old.qmp);
    await symlink(victims.qmpMonitor, join(workDirectory, 'qmpmon'));
    await symlink(victims.serial, old.serial);

    const stalled = handlerContext();
    await assert.rejects(capabilityOf(harness.source, 'reset')(ref), withCode('SOCKET_REFUSED'));
    await assert.rejects(placesOf(harness.source, ref), withCode('SOCKET_REFUSED'));
    const to = { ...ref, hypervisor: 'kvm' as const, address: '127.0.0.1', port: 1, live: true, bandwidth: 1, downtime: 1 };
    await assert.rejects(capabilityOf(harness.source, 'migration').send(to, stalled), withCode('SOCKET_REFUSED'));
    const monitor = connectGuest(join(workDirectory, 'qmpmon'), { now: () => 0, patience: 2000, pollingInterval: 10 });
    await assert.rejects(monitor, withCode('SOCKET_REFUSED'));
    // It ends the machine that was meant, which it knows by its process, and no other.
    assert.deepEqual(await harness.source.stop(ref, 5, handlerContext()), { changed: true, graceful: false });
    assert.equal(await stateOf(harness.source, ref), undefined);
    assert.deepEqual(await statusOf(victims.qmp), { status: 'running', singlestep: false, running: true });
    await harness.source.stop(refOf(victim), 0, handlerContext());
  });

  it('are used where an earlier agent started it, for all that is asked of it', async () => {
    const request = await started();
    const ref = refOf(request);
    await asBefore(request);
    await harness.booted(ref);
    assert.deepEqual(await capabilityOf(harness.source, 'reset')(ref), { changed: true });
    await harness.booted(ref);
    const { address, port } = await capabilityOf(harness.target, 'migration').accept(request, '127.0.0.1', '127.0.0.1');
    const to = { ...ref, hypervisor: 'kvm' as const, address, port, live: true, bandwidth: 1000, downtime: 300 };
    await capabilityOf(harness.source, 'migration').send(to, handlerContext());
    await capabilityOf(harness.source, 'migration').finish(ref, 'source', true);
    await capabilityOf(harness.target, 'migration').finish(ref, 'target', true);
    assert.equal(await stateOf(harness.target, ref), 'running');
    await harness.target.stop(ref, 0, handlerContext());
  });

  it('show VNC to root alone', async () => {
    const request = await started();
    const { vnc_socket } = await placesOf(harness.source, refOf(request));
    assert.ok(vnc_socket);
    const greeting = await new Promise<string>((resolve, reject) => {
      const socket = connect(vnc_socket);
      socket.once('data', (piece) => (resolve(piece.toString()), socket.destroy()));
      socket.once('error', reject);
    });
    assert.match(greeting, /^RFB/);
    assert.equal(await asGuest(request, ['test', '-e', vnc_socket]), false);
    const listening = (await run('ss', ['-Hltnp'])).stdout.split('\n');
    const pid = (await harness.source.list()).find(({ uuid }) => uuid === request.spec.uuid)?.pid;
    assert.deepEqual(
      listening.filter((line) => line.includes(`pid=${pid},`)),
      [],
    );
    await harness.source.stop(refOf(request), 0, handlerContext());
  });
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectQmp } from '../../src/base/index.ts';
import { createProcFiles } from '../../src/host/files/proc-files.ts';
import type { Collector } from '../../src/monitor/collector/collector.ts';
import type { InstanceSource } from '../../src/monitor/collector/instance-source.ts';
import { keepMade } from '../../src/monitor/collector/keep-made.ts';
import { createNotes } from '../../src/monitor/collector/notes.ts';
import { createRunFolderInstances } from '../../src/monitor/collector/run-folder-instances.ts';
import { instGuestKvm } from '../../src/monitor/collectors/inst-guest-kvm.ts';
import { instStatusKvm } from '../../src/monitor/collectors/inst-status-kvm.ts';
import { instUsage } from '../../src/monitor/collectors/inst-usage.ts';
import { calmRun, createTestHost } from '../../src/monitor/testing/test-host.ts';
import { handlerContext } from '../../src/node/hypervisor/hypervisor-conformance.ts';
import { instanceFiles } from '../../src/node/hypervisor/kvm/instance-files.ts';
import { createKvmHarness } from '../../src/node/hypervisor/kvm/kvm-test-harness.ts';
import { until } from '../support/until.ts';

test('a real QEMU of the node agent: measured while it runs, and told apart when it is stopped or killed', async () => {
  const harness = await createKvmHarness();
  using host = createTestHost();
  const files = createProcFiles();
  try {
    const instances = createRunFolderInstances({ ...host.context, files, runDir: harness.options.runDir });
    const begin = <Data>(collector: Collector<Data>) => collector.start({ ...host.context, files, instances });
    const [usage, guest, status] = [begin(instUsage), begin(instGuestKvm), begin(instStatusKvm)];
    const verdict = async () => {
      // The list is kept for a moment.
      host.advance(5);
      const [one] = (await status(calmRun)).instances;
      return [one?.actualState, one?.adminState, one?.state_reason[0]?.[1]];
    };
    const request = await harness.request('obedient');
    const { uuid, name } = request.spec;
    await harness.source.start(request, handlerContext());
    await harness.booted({ uuid, name });

    const [used] = await usage(calmRun);
    assert.ok((used?.memory?.resident ?? 0) > 8 * 1024 * 1024 && (used?.cpu?.seconds ?? 0) > 0, JSON.stringify(used));
    const [seen] = await guest(calmRun);
    assert.ok(seen && 'state' in seen, JSON.stringify(seen));
    assert.deepEqual([seen.state, seen.balloon], ['running', request.spec.memory * 1024 * 1024]);
    assert.ok((seen.disks[0]?.readBytes ?? 0) >= 512);
    assert.deepEqual(await verdict(), ['running', 'up', 'started']);
    // The agent's own connection is another one.
    assert.equal((await harness.source.list())[0]?.state, 'running');

    await harness.source.stop({ uuid, name }, 0, handlerContext());
    assert.deepEqual(await verdict(), ['shutdown', 'down', 'stopped by the operator']);
    assert.deepEqual([await usage(calmRun), await guest(calmRun)], [[], []]);

    await harness.source.start(request, handlerContext());
    assert.equal((await verdict())[0], 'running');
    process.kill((await harness.source.list())[0]?.pid as number, 'SIGKILL');
    await until('it is crashed', async () => (await harness.source.list())[0]?.state === 'crashed');
    assert.deepEqual(await verdict(), ['crashed', 'up', 'crashed: its process has ended']);
  } finally {
    files.close();
    await harness.dispose();
  }
});

test('who ended an instance, and when that was first seen, is known to an agent that begins afterwards', async () => {
  const harness = await createKvmHarness();
  using host = createTestHost();
  const files = createProcFiles();
  const { runDir, logDir } = harness.options;
  /** An agent that knows what is on the host, and nothing more. */
  const agent = () => {
    const kept = keepMade();
    const begin = <Data>(collector: Collector<Data>, instances: InstanceSource) =>
      collector.start({ ...host.context, files, kept, instances, notes: createNotes(files, '', join(runDir, 'monitor')) });
    const instances = createRunFolderInstances({ ...host.context, files, runDir });
    const [guest, status] = [begin(instGuestKvm, instances), begin(instStatusKvm, instances)];
    return {
      tell: async () => {
        // The list is kept for a moment.
        host.advance(60);
        await guest(calmRun);
        const [one] = (await status(calmRun)).instances;
        return [one?.actualState, one?.adminState, one?.state_reason[0]?.[1], one?.mtime];
      },
      // QEMU serves one connection at a time.
      end: async () => void (await begin(instGuestKvm, { list: () => [] })(calmRun)),
    };
  };
  let running = agent();
  const verdict = async () => {
    const told = await running.tell();
    await running.end();
    running = agent();
    assert.deepEqual(await running.tell(), told);
    return told;
  };
  try {
    const request = await harness.request('obedient');
    const ref = { uuid: request.spec.uuid, name: request.spec.name };
    await harness.source.start(request, handlerContext());
    await harness.booted(ref);
    assert.equal((await verdict())[0], 'running');

    const qmp = await connectQmp(instanceFiles(runDir, logDir, ref).qmp);
    await qmp.execute('system_powerdown');
    await until(
      'the guest has switched itself off',
      async () => ((await qmp.execute('query-status')) as { status: string }).status === 'shutdown',
    );
    qmp.close();
    const stopped = await verdict();
    assert.deepEqual(stopped.slice(0, 3), ['shutdown', 'up', 'stopped by its user']);
    // The node agent looks, and ends the QEMU that is left.
    await until('it is shut down', async () => (await harness.source.list())[0]?.state === 'shutdown');
    assert.deepEqual(await verdict(), stopped);

    await harness.source.start(request, handlerContext());
    assert.equal((await verdict())[0], 'running');
    process.kill((await harness.source.list())[0]?.pid as number, 'SIGKILL');
    await until('it is crashed', async () => (await harness.source.list())[0]?.state === 'crashed');
    const crashed = await verdict();
    assert.deepEqual(crashed.slice(0, 3), ['crashed', 'up', 'crashed: its process has ended']);

    await harness.source.start(request, handlerContext());
    await harness.source.stop(ref, 0, handlerContext());
    assert.deepEqual((await verdict()).slice(0, 3), ['shutdown', 'down', 'stopped by the operator']);
  } finally {
    await running.end();
    files.close();
    await harness.dispose();
  }
});

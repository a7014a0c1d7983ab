import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Collector } from '../../src/monitor/collector/collector.ts';
import { createProcFiles } from '../../src/monitor/collector/proc-files.ts';
import { createRunFolderInstances } from '../../src/monitor/collector/run-folder-instances.ts';
import { instGuestKvm } from '../../src/monitor/collectors/inst-guest-kvm.ts';
import { instStatusKvm } from '../../src/monitor/collectors/inst-status-kvm.ts';
import { instUsage } from '../../src/monitor/collectors/inst-usage.ts';
import { calmRun, createTestHost } from '../../src/monitor/testing/test-host.ts';
import { handlerContext } from '../../src/node/hypervisor/hypervisor-conformance.ts';
import { createKvmHarness } from '../../src/node/hypervisor/kvm/kvm-test-harness.ts';

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
    while ((await harness.source.list())[0]?.state !== 'crashed');
    assert.deepEqual(await verdict(), ['crashed', 'up', 'crashed: its process has ended']);
  } finally {
    files.close();
    await harness.dispose();
  }
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { handlerContext, refOf } from '../../src/node/hypervisor/hypervisor-conformance.ts';
import { createKvmHarness, type KvmHarness } from '../../src/node/hypervisor/kvm/kvm-test-harness.ts';
import { diskPathOf } from '../../src/node/testing/disk-path-of.ts';

// An agent that was started with open descriptors must not hand them on to its guests' processes.

let harness: KvmHarness;
before(async () => {
  harness = await createKvmHarness();
});
after(() => harness.dispose());

const source = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** What an agent does at its start, and then a start of an instance. */
const agent = `
  import { closeInheritedDescriptors, silentLog, systemClock } from ${source('../../src/base/index.ts')};
  import { createKvmHypervisor } from ${source('../../src/node/hypervisor/kvm/kvm-hypervisor.ts')};
  closeInheritedDescriptors();
  const [options, request] = JSON.parse(process.argv[1]);
  const kvm = createKvmHypervisor({ ...options, clock: systemClock, log: silentLog });
  await kvm.start(request, { progress: () => {}, signal: new AbortController().signal });
`;

describe('descriptors of QEMU', () => {
  it('are those that it needs: its sockets, its log, and what it opens itself', async () => {
    const plain = await harness.request('obedient');
    const request = { ...plain, spec: { ...plain.spec, hvparams: { ...plain.spec.hvparams, use_guest_agent: true } } };
    const secret = openSync('/etc/shadow', 'r');
    try {
      const options = { ...harness.options, log: undefined, clock: undefined };
      // Node itself sees to the first ones; those behind a gap are ours to close.
      const gap = Array.from({ length: 37 }, () => 'ignore' as const);
      const stdio = ['ignore' as const, 'inherit' as const, 'inherit' as const, ...gap, secret, 'ignore' as const, secret];
      const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', agent, JSON.stringify([options, request])];
      const child = spawn(process.execPath, args, { stdio });
      assert.deepEqual(await once(child, 'exit'), [0, null]);
    } finally {
      closeSync(secret);
    }
    const pid = (await harness.source.list()).find(({ uuid }) => uuid === request.spec.uuid)?.pid;
    const { log } = harness.filesOf(request);
    const open = readdirSync(`/proc/${pid}/fd`).map((name) => [Number(name), readlinkSync(join(`/proc/${pid}/fd`, name))] as const);
    const byNumber = new Map(open);
    assert.deepEqual([byNumber.get(0), byNumber.get(1), byNumber.get(2)], ['/dev/null', log, log]);
    for (const socket of [3, 4, 5, 6]) assert.match(byNumber.get(socket) ?? '', /^socket:/);
    const own = new Set([log, '/dev/null', '/dev/kvm', ...request.disks.map((_, index) => diskPathOf(request, index))]);
    const strange = open.filter(([, target]) => !own.has(target) && !/^(?:socket|anon_inode):|^\/(?:memfd|dev\/zero)/.test(target));
    assert.deepEqual(strange, []);
    await harness.source.stop(refOf(request), 0, handlerContext());
  });
});

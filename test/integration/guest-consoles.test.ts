import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { handlerContext, refOf } from '../../src/node/hypervisor/hypervisor-conformance.ts';
import { createKvmHypervisor } from '../../src/node/hypervisor/kvm/kvm-hypervisor.ts';
import { createKvmHarness, type KvmHarness } from '../../src/node/hypervisor/kvm/kvm-test-harness.ts';
import { guestGreeting } from '../../src/node/hypervisor/kvm/test-guests.ts';
import { TestCluster } from '../../src/node/testing/test-cluster.ts';
import { until } from '../support/until.ts';

// Consoles of a real QEMU over the authenticated channel of its agent, and over that of the agent that comes after it.

let harness: KvmHarness;
let cluster: TestCluster;
before(async () => {
  harness = await createKvmHarness();
  cluster = await TestCluster.create();
});
after(async () => {
  await cluster.close();
  await harness.dispose();
});

test('serial line and VNC of an instance go on with the next agent, with what was said before', async () => {
  const plain = await harness.request('obedient');
  const request = { ...plain, spec: { ...plain.spec, hvparams: { ...plain.spec.hvparams, vnc_bind_address: '127.0.0.1' } } };
  await harness.source.start(request, handlerContext());
  const { uuid } = refOf(request);
  for (const hypervisor of [harness.source, createKvmHypervisor(harness.options)]) {
    const agent = await cluster.startAgent({ hypervisors: [hypervisor] });
    const client = await cluster.client(() => agent);
    const node = 'uuid-of-n1';
    const serial = await client.openConsole(node, uuid, 'serial');
    let heard = '';
    serial.on('data', (piece: Buffer) => (heard += piece.toString('latin1')));
    await until('the guest answers', () => {
      serial.write('+');
      return heard.includes('+') && heard.includes(guestGreeting);
    });
    serial.destroy();
    const screen = await client.openConsole(node, uuid, 'vnc');
    let seen = '';
    screen.on('data', (piece: Buffer) => (seen += piece.toString('latin1')));
    await until('VNC greets', () => seen.startsWith('RFB 003.008\n'));
    // Its answer lists the security types, of which there is "none": the channel has authenticated who asks.
    screen.write('RFB 003.008\n');
    await until('VNC wants no password', () => seen.length >= 'RFB 003.008\n'.length + 2);
    assert.equal(seen.slice('RFB 003.008\n'.length), '\u0001\u0001');
    screen.destroy();
    await agent.close();
  }
  await createKvmHypervisor(harness.options).stop(refOf(request), 0, handlerContext());
});

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { seededRandom } from '../../base/index.ts';
import { createFakeHypervisor } from './fake-hypervisor.ts';
import type { FakeMachine } from './fake-machines.ts';
import type { FakeWire } from './fake-migration.ts';
import { fakeTroubles } from './fake-troubles.ts';
import { type HypervisorHarness, handlerContext, hypervisorConformance, refOf, stateOf, withCode } from './hypervisor-conformance.ts';
import type { StartRequest } from './start-request.ts';

const newRequest = (name = 'web1'): StartRequest => ({
  spec: {
    uuid: randomUUID(),
    name,
    hypervisor: 'fake',
    os: 'tiny',
    memory: 128,
    min_memory: 128,
    vcpus: 1,
    hvparams: {},
    osparams: {},
    disk_template: 'diskless',
    disks: [],
    nics: [],
    network_port: null,
  },
  disks: [],
  nics: [],
});

function fakeHarness(): HypervisorHarness {
  const machines = new Map<string, FakeMachine>();
  const wire: FakeWire = new Map();
  const obeys = ({ name }: { name: string }) => name !== 'stubborn';
  const become = (uuid: string, state: FakeMachine['state']) => {
    const machine = machines.get(uuid);
    assert.ok(machine);
    machines.set(uuid, { ...machine, state });
  };
  const restarted = () => createFakeHypervisor({ machines, wire, obeys });
  return {
    source: restarted(),
    target: createFakeHypervisor({ wire, obeys }),
    restarted,
    request: async (guest) => newRequest(guest),
    booted: async () => {},
    crash: async ({ uuid }) => become(uuid, 'crashed'),
    powerOff: async ({ uuid }) => become(uuid, 'shutdown'),
    address: '10.0.0.2',
  };
}

describe('fake hypervisor', () => {
  hypervisorConformance('fake', fakeHarness);

  it('keeps its machines in a file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gantry-fake-'));
    try {
      const file = join(directory, 'machines.json');
      const request = newRequest();
      await createFakeHypervisor({ file }).start(request, handlerContext());
      const again = createFakeHypervisor({ file });
      assert.equal(await stateOf(again, refOf(request)), 'running');
      await again.stop(refOf(request), 0, handlerContext());
      assert.deepEqual(await createFakeHypervisor({ file }).list(), []);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('has the same troubles with the same seed', async () => {
    const outcomes = async (seed: number) => {
      const slept: number[] = [];
      const clock = { now: () => 0, sleep: async (ms: number) => void slept.push(ms) };
      const before = fakeTroubles(seededRandom(seed), { start: { probability: 0.5, delay: [10, 20] } });
      const hypervisor = createFakeHypervisor({ before, clock });
      const failures: boolean[] = [];
      for (let i = 0; i < 40; i++) {
        try {
          await hypervisor.start(newRequest(), handlerContext());
          failures.push(false);
        } catch (error) {
          withCode('HYPERVISOR_FAULT_INJECTED')(error as { code?: string });
          failures.push(true);
        }
      }
      assert.equal((await hypervisor.list()).length, failures.filter((failed) => !failed).length);
      return { failures, slept };
    };
    const first = await outcomes(7);
    assert.deepEqual(await outcomes(7), first);
    assert.notDeepEqual((await outcomes(8)).failures, first.failures);
    assert.ok(first.slept.length > 0 && first.slept.every((ms) => ms >= 10 && ms < 20));
    assert.ok(first.failures.includes(true) && first.failures.includes(false));
  });
});

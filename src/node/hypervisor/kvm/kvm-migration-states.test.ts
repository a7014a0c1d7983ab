import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { GantryError } from '../../../base/index.ts';
import { sendParams } from '../hypervisor-conformance.ts';
import { acceptMigration } from './accept-migration.ts';
import { finishMigration } from './finish-migration.ts';
import { readRuntime } from './runtime-file.ts';
import { sendMigration } from './send-migration.ts';
import { kills, nowhere, refused, status, testContext, there } from './test-context.ts';
import { createTestParts, ended, type TestParts } from './test-parts.ts';

let parts: TestParts;
beforeEach(async () => {
  parts = await createTestParts();
});
afterEach(() => parts.dispose());

const commands = () => parts.calls.map((call) => (typeof call === 'string' ? call : call[0]));

describe('the target of a migration', () => {
  it('answers again what it waits for, and refuses what runs here', async () => {
    const { request } = await parts.place({ phase: 'incoming', incoming: { address: '10.0.0.2', port: 8105 } });
    parts.answers['query-status'] = status('inmigrate');
    assert.deepEqual(await acceptMigration(parts, request, '10.0.0.2'), { address: '10.0.0.2', port: 8105, machine: 'pc-i440fx-7.2' });
    parts.answers['query-status'] = status('running');
    const problem = 'it is here already, and running';
    await assert.rejects(acceptMigration(parts, request, ''), {
      code: 'HYPERVISOR_MIGRATION_FAILED',
      facts: { name: request.spec.name, problem },
    });
    await assert.rejects(acceptMigration(parts, { ...request, spec: { ...request.spec, uuid: nowhere } }, 'no-address'), {
      code: 'HYPERVISOR_MIGRATION_FAILED',
      facts: { name: request.spec.name, problem: '"no-address" is not an address of this node' },
    });
  });

  it('ends a QEMU of which nobody knows where it waits', async () => {
    const { request, child } = await parts.place({ phase: 'starting' });
    parts.answers['query-status'] = status('inmigrate');
    parts.answers['quit'] = kills(child);
    await assert.rejects(acceptMigration(parts, request, 'no-address'), { code: 'HYPERVISOR_MIGRATION_FAILED' });
    await ended(child);
    assert.equal(await there(parts.files(request.spec).directory), false);
  });
});

describe('the end of a migration', () => {
  const finish = (spec: { uuid: string; name: string }, role: 'source' | 'target', success: boolean) =>
    finishMigration(parts, { uuid: spec.uuid, name: spec.name }, role, success);

  it('lets the target run when it succeeded, and waits for its whole state', async () => {
    for (const [states, asked] of [
      [
        ['inmigrate', 'inmigrate', 'paused'],
        ['query-status', 'query-status', 'query-status', 'cont'],
      ],
      [['prelaunch'], ['query-status', 'query-status', 'cont']],
      [['running'], ['query-status', 'query-status']],
    ] as const) {
      const { request, runtime } = await parts.place({ phase: 'incoming', incoming: { address: '10.0.0.2', port: 1 } });
      parts.answers['query-status'] = status(...states);
      parts.calls.length = 0;
      assert.deepEqual(await finish(request.spec, 'target', true), { changed: true });
      assert.deepEqual(commands(), asked);
      assert.deepEqual(await readRuntime(parts.files(request.spec).runtime), { ...runtime, phase: 'running', incoming: null });
      parts.answers['query-status'] = status('running');
      assert.deepEqual(await finish(request.spec, 'target', true), { changed: false }, 'again');
    }
  });

  it('is a failure when the state never arrives whole, or the side that shall run has ended', async () => {
    const { request, child } = await parts.place({ phase: 'incoming' });
    parts.answers['query-status'] = status('inmigrate');
    const before = parts.clock.now();
    const failed = (problem: string) => ({ code: 'HYPERVISOR_MIGRATION_FAILED', facts: { name: request.spec.name, problem } });
    await assert.rejects(finish(request.spec, 'target', true), failed('the target did not get the whole state'));
    assert.ok(parts.clock.now() - before >= 15_000);
    child.kill('SIGKILL');
    await ended(child);
    await assert.rejects(finish(request.spec, 'target', true), failed('its QEMU on the target has ended'));
    await assert.rejects(finish(request.spec, 'source', false), failed('its QEMU on the source has ended'));
  });

  it('lets the source go on when it failed, and ends what is under way', async () => {
    for (const [states, changed, goesOn] of [
      [['postmigrate'], true, true],
      [['finish-migrate'], true, true],
      [['paused', 'running'], true, false],
      [['running'], false, false],
    ] as const) {
      const { request } = await parts.place();
      parts.answers['query-status'] = status(...states);
      parts.answers['query-migrate'] = status('active', 'cancelled');
      parts.calls.length = 0;
      assert.deepEqual(await finish(request.spec, 'source', false), { changed });
      const asked = ['query-status', 'migrate_cancel', 'query-migrate', 'query-migrate', 'query-status'];
      assert.deepEqual(commands(), goesOn ? [...asked, 'cont'] : asked, states.join());
    }
  });

  it('ends the source when it succeeded, and the target when it failed; a target that was here before stays', async () => {
    const source = await parts.place();
    parts.answers['quit'] = kills(source.child);
    assert.deepEqual(await finish(source.request.spec, 'source', true), { changed: true });
    await ended(source.child);
    assert.equal(await there(parts.files(source.request.spec).directory), false);
    assert.deepEqual(await finish(source.request.spec, 'source', true), { changed: false });
    const target = await parts.place({ phase: 'incoming' });
    parts.answers['quit'] = kills(target.child);
    assert.deepEqual(await finish(target.request.spec, 'target', false), { changed: true });
    await ended(target.child);
    const running = await parts.place();
    await assert.rejects(finish(running.request.spec, 'target', false), {
      facts: { name: running.request.spec.name, problem: 'the target has it running already and does not end it' },
    });
    assert.equal(running.child.exitCode ?? running.child.signalCode, null);
  });
});

describe('the source of a migration', () => {
  const ram = (transferred: number, remaining: number, total = 400) => ({
    ram: { transferred: transferred * 1_048_576, remaining: remaining * 1_048_576, total: total * 1_048_576 },
  });

  it('sends a running guest, tells how far it is, and what it took', async () => {
    const { request } = await parts.place({ accelerator: 'kvm' });
    parts.answers['query-status'] = status('running');
    parts.answers['query-migrate'] = [
      { status: 'none' },
      ...Array.from({ length: 25 }, () => ({ status: 'active', ...ram(100, 300) })),
      { status: 'completed', ...ram(412.34, 0), downtime: 12, 'total-time': 3400 },
    ];
    const told = testContext();
    const sent = await sendMigration(parts, sendParams(request, 'fd00::2', 8102), told);
    assert.deepEqual(sent, { downtime_ms: 12, total_ms: 3400, ram_mib: 412.3 });
    assert.deepEqual(
      told.seen,
      Array.from({ length: 2 }, () => ({ text: '100 MiB sent, 300 MiB remaining', fraction: 0.25 })),
    );
    assert.deepEqual(
      parts.calls.filter((call) => typeof call !== 'string'),
      [
        [
          'migrate-set-capabilities',
          {
            capabilities: [
              { capability: 'return-path', state: true },
              { capability: 'auto-converge', state: true },
            ],
          },
        ],
        ['migrate-set-parameters', { 'max-bandwidth': 1000 * 1_048_576, 'downtime-limit': 300 }],
        ['migrate', { uri: 'tcp:[fd00::2]:8102' }],
      ],
    );
    assert.ok(!commands().includes('stop') && !commands().includes('cont'));
  });

  it('stops the guest first when it is not live, or this QEMU would lose writes of an emulated one', async () => {
    const once = async (accelerator: string, live: boolean, major: number) => {
      const { request } = await parts.place({ accelerator });
      parts.calls.length = 0;
      parts.answers['query-status'] = status('running');
      parts.answers['query-version'] = [{ qemu: { major } }];
      parts.answers['query-migrate'] = [{ status: 'cancelled' }, { status: 'completed', downtime: 5, 'total-time': 70 }];
      const told = testContext();
      const { downtime_ms: downtime } = await sendMigration(parts, { ...sendParams(request, '10.0.0.2', 1), live }, told);
      return [commands().includes('stop'), downtime, told.seen.length];
    };
    assert.deepEqual(await once('kvm', true, 7), [false, 5, 0]);
    assert.deepEqual(await once('tcg', true, 9), [false, 5, 0]);
    assert.deepEqual(await once('tcg', true, 8), [true, 70, 1]);
    assert.deepEqual(await once('kvm', false, 9), [true, 70, 0]);
  });

  it('joins one that is under way, and finds the outcome of one that is done', async () => {
    for (const [state, first] of [
      ['running', 'active'],
      ['postmigrate', 'completed'],
    ] as const) {
      const { request } = await parts.place({ accelerator: 'kvm' });
      parts.calls.length = 0;
      parts.answers['query-status'] = status(state);
      parts.answers['query-migrate'] = status(first, 'completed');
      assert.deepEqual(await sendMigration(parts, sendParams(request, '10.0.0.2', 1), testContext()), {
        downtime_ms: 0,
        total_ms: 0,
        ram_mib: 0,
      });
      assert.ok(!commands().includes('migrate'), state);
    }
  });

  it("lets the guest go on here when it fails, with QEMU's own words", async () => {
    const fail = async (change: () => void, live: boolean, signal?: AbortSignal) => {
      const { request } = await parts.place({ accelerator: 'kvm' });
      parts.calls.length = 0;
      parts.answers['query-status'] = status('running');
      change();
      const outcome = await sendMigration(parts, { ...sendParams(request, '10.0.0.2', 1), live }, testContext(signal)).then(
        () => assert.fail('it succeeded'),
        (error: GantryError) => error,
      );
      const result = [
        outcome.name === 'AbortError' ? 'aborted' : outcome.code,
        outcome.facts?.['problem'],
        commands().includes('migrate_cancel'),
        commands().includes('cont'),
      ];
      delete parts.answers['migrate'];
      return result;
    };
    const after = (...states: string[]) => {
      parts.answers['query-migrate'] = status(...states);
    };
    const failed = 'HYPERVISOR_MIGRATION_FAILED';
    const withReason = () => {
      parts.answers['query-migrate'] = [{ status: 'none' }, { status: 'failed', 'error-desc': 'connection refused' }];
      parts.answers['query-status'] = status('running', 'running', 'paused');
    };
    assert.deepEqual(await fail(withReason, true), [failed, 'connection refused', true, true]);
    assert.deepEqual(await fail(() => after('none', 'failed'), true), [failed, 'QEMU gave no reason', true, false]);
    const notTaken = () => {
      after('none');
      parts.answers['migrate'] = [refused('bad address')];
    };
    assert.deepEqual(await fail(notTaken, true), [failed, 'bad address', true, false]);
    const stopped = () => {
      after('none', 'failed', 'failed', 'failed');
      parts.answers['query-status'] = status('running', 'running', 'postmigrate');
    };
    assert.deepEqual(await fail(stopped, false), [failed, 'QEMU gave no reason', true, true]);
    assert.deepEqual(await fail(stopped, true), [failed, 'QEMU gave no reason', true, false], 'live, the target may have it');
    const wasPaused = () => {
      after('none', 'failed');
      parts.answers['query-status'] = status('paused');
    };
    assert.deepEqual(await fail(wasPaused, true), [failed, 'QEMU gave no reason', false, false]);
    assert.deepEqual(await fail(() => after('none', 'active'), true), [failed, 'it did not converge within 30 minutes', true, false]);
    assert.deepEqual(await fail(() => after('none', 'active', 'cancelled'), true, AbortSignal.abort()), [
      'aborted',
      undefined,
      true,
      false,
    ]);
  });
});

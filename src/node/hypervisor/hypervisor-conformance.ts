import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type ErrorCode, type GantryError, silentOperation } from '../../base/index.ts';
import type { HandlerContext, InstanceRuntime, RpcParams } from '../../rpc/index.ts';
import type { Hypervisor, InstanceRef, StartRequest } from './hypervisor.ts';

/** Two nodes with adapters of one kind, and what a test must be able to do to their guests. */
export interface HypervisorHarness {
  readonly source: Hypervisor;
  readonly target: Hypervisor;
  /** An adapter over what `source` keeps, as after a restart of its agent. */
  readonly restarted: () => Hypervisor;
  /** A request for a new instance whose disks both nodes reach. `stubborn` guests do not stop when they are asked. */
  readonly request: (guest: 'obedient' | 'stubborn') => Promise<StartRequest>;
  /** Waits until the guest is so far that it hears what it is asked. */
  readonly booted: (instance: InstanceRef) => Promise<void>;
  /** Ends its process as a crash does. */
  readonly crash: (instance: InstanceRef) => Promise<void>;
  /** Lets the guest switch itself off. */
  readonly powerOff: (instance: InstanceRef) => Promise<void>;
  /** Address of the target. */
  readonly address: string;
}

export const handlerContext = (onProgress: (text: string) => void = () => {}): HandlerContext => ({
  stepId: undefined,
  operation: silentOperation,
  progress: ({ text }) => onProgress(text),
  signal: new AbortController().signal,
});

export const refOf = ({ spec }: StartRequest): InstanceRef => ({ uuid: spec.uuid, name: spec.name });

export const withCode = (code: ErrorCode) => (error: { code?: string }) => {
  assert.equal(error.code, code);
  return true;
};

/** State of an instance as the adapter lists it, or undefined. */
export async function stateOf(hypervisor: Hypervisor, { uuid }: InstanceRef): Promise<InstanceRuntime['state'] | undefined> {
  return (await hypervisor.list()).find((row) => row.uuid === uuid)?.state;
}

export const sendParams = (request: StartRequest, address: string, port: number): RpcParams<'migration-send'> => ({
  ...refOf(request),
  hypervisor: request.spec.hypervisor,
  address,
  port,
  live: true,
  bandwidth: 1000,
  downtime: 300,
});

/** What every hypervisor adapter must do. */
export function hypervisorConformance(harness: () => HypervisorHarness): void {
  lifeCycle(harness);
  unaskedEnds(harness);
  migrations(harness);
}

function lifeCycle(harness: () => HypervisorHarness): void {
  it('starts once, is found again after a restart of the agent, stops when asked', async () => {
    const { source, restarted, request, booted } = harness();
    const wanted = await request('obedient');
    const ref = refOf(wanted);
    assert.deepEqual(await source.start(wanted, handlerContext()), { changed: true });
    assert.deepEqual(await source.start(wanted, handlerContext()), { changed: false });
    const again = restarted();
    const row = (await again.list()).find(({ uuid }) => uuid === ref.uuid);
    assert.equal(row?.state, 'running');
    assert.equal(row?.name, ref.name);
    assert.equal(row?.memory, wanted.spec.memory);
    assert.deepEqual(await again.start(wanted, handlerContext()), { changed: false });
    await booted(ref);
    assert.deepEqual(await again.reset(ref), { changed: true });
    await booted(ref);
    assert.deepEqual(await again.stop(ref, 20, handlerContext()), { changed: true, graceful: true });
    assert.equal(await stateOf(source, ref), undefined);
    assert.deepEqual(await source.stop(ref, 20, handlerContext()), { changed: false, graceful: false });
  });

  it('starts the same instance once when it is asked twice at a time', async () => {
    const { source, request } = harness();
    const wanted = await request('obedient');
    const outcomes = await Promise.all([source.start(wanted, handlerContext()), source.start(wanted, handlerContext())]);
    assert.equal(outcomes.filter(({ changed }) => changed).length, 1);
    await source.stop(refOf(wanted), 0, handlerContext());
  });

  it('stops hard what does not stop in time, and at once with no time', async () => {
    const { source, request, booted } = harness();
    const wanted = await request('stubborn');
    const ref = refOf(wanted);
    for (const timeout of [1, 0]) {
      await source.start(wanted, handlerContext());
      await booted(ref);
      assert.deepEqual(await source.stop(ref, timeout, handlerContext()), { changed: true, graceful: false });
      assert.equal(await stateOf(source, ref), undefined);
    }
  });

  it('says what is not running', async () => {
    const { source, request } = harness();
    const ref = refOf(await request('obedient'));
    await assert.rejects(source.reset(ref), withCode('HYPERVISOR_NOT_RUNNING'));
    await assert.rejects(source.console(ref), withCode('HYPERVISOR_NOT_RUNNING'));
    assert.deepEqual(await source.stop(ref, 0, handlerContext()), { changed: false, graceful: false });
  });
}

function unaskedEnds(harness: () => HypervisorHarness): void {
  it('reports a crash until the instance is started again', async () => {
    const { source, request, crash } = harness();
    const wanted = await request('obedient');
    const ref = refOf(wanted);
    await source.start(wanted, handlerContext());
    await crash(ref);
    assert.equal(await stateOf(source, ref), 'crashed');
    assert.deepEqual(await source.start(wanted, handlerContext()), { changed: true });
    assert.equal(await stateOf(source, ref), 'running');
    await source.stop(ref, 0, handlerContext());
    assert.equal(await stateOf(source, ref), undefined);
  });

  it('tells a guest that switched itself off from a crash', async () => {
    const { source, restarted, request, booted, powerOff } = harness();
    const wanted = await request('obedient');
    const ref = refOf(wanted);
    await source.start(wanted, handlerContext());
    await booted(ref);
    await powerOff(ref);
    assert.equal(await stateOf(source, ref), 'shutdown');
    assert.equal(await stateOf(restarted(), ref), 'shutdown');
    assert.deepEqual(await source.stop(ref, 0, handlerContext()), { changed: false, graceful: false });
    assert.equal(await stateOf(source, ref), undefined);
  });
}

function migrations(harness: () => HypervisorHarness): void {
  it('migrates, and every step may be repeated', async () => {
    const { source, target, request, booted, address } = harness();
    const wanted = await request('obedient');
    const ref = refOf(wanted);
    await source.start(wanted, handlerContext());
    await booted(ref);
    const accepted = await target.acceptMigration(wanted, '127.0.0.1', address);
    assert.deepEqual(await target.acceptMigration(wanted, '127.0.0.1', address), accepted);
    assert.equal(await stateOf(target, ref), 'migrating-in');
    await assert.rejects(target.start(wanted, handlerContext()), withCode('HYPERVISOR_START_FAILED'));
    const params = sendParams(wanted, accepted.address, accepted.port);
    const sent = await source.sendMigration(params, handlerContext());
    assert.ok(sent.downtime_ms >= 0 && sent.total_ms >= sent.downtime_ms && sent.ram_mib > 0, JSON.stringify(sent));
    assert.deepEqual(await source.sendMigration(params, handlerContext()), sent);
    await target.finishMigration(ref, 'target', true);
    await source.finishMigration(ref, 'source', true);
    assert.deepEqual(await target.finishMigration(ref, 'target', true), { changed: false });
    assert.deepEqual(await source.finishMigration(ref, 'source', true), { changed: false });
    assert.equal(await stateOf(source, ref), undefined);
    assert.equal(await stateOf(target, ref), 'running');
    await assert.rejects(target.acceptMigration(wanted, '127.0.0.1', address), withCode('HYPERVISOR_MIGRATION_FAILED'));
    assert.deepEqual(await target.stop(ref, 20, handlerContext()), { changed: true, graceful: true });
  });

  it('keeps the instance on the source when nobody takes it', async () => {
    const { source, target, request, address } = harness();
    const wanted = await request('obedient');
    const ref = refOf(wanted);
    await source.start(wanted, handlerContext());
    await assert.rejects(source.sendMigration(sendParams(wanted, address, 9), handlerContext()), (error: GantryError) => {
      assert.doesNotMatch(error.message, /Internal error/);
      return withCode('HYPERVISOR_MIGRATION_FAILED')(error);
    });
    assert.equal(await stateOf(source, ref), 'running');
    await target.finishMigration(ref, 'target', false);
    await source.finishMigration(ref, 'source', false);
    assert.equal(await stateOf(source, ref), 'running');
    await assert.rejects(target.finishMigration(ref, 'target', true), withCode('HYPERVISOR_MIGRATION_FAILED'));
    await source.stop(ref, 0, handlerContext());
  });

  it('refuses another machine type and keeps the instance on the source', async () => {
    const { source, target, request, address } = harness();
    const wanted = await request('obedient');
    const ref = refOf(wanted);
    await source.start(wanted, handlerContext());
    const older = { ...wanted, spec: { ...wanted.spec, hvparams: { ...wanted.spec.hvparams, machine_version: 'pc-i440fx-7.1' } } };
    const { port } = await target.acceptMigration(older, '127.0.0.1', address);
    await assert.rejects(
      source.sendMigration(sendParams(wanted, address, port), handlerContext()),
      withCode('HYPERVISOR_MIGRATION_FAILED'),
    );
    await target.finishMigration(ref, 'target', false);
    await source.finishMigration(ref, 'source', false);
    assert.equal(await stateOf(target, ref), undefined);
    assert.equal(await stateOf(source, ref), 'running');
    await source.stop(ref, 0, handlerContext());
  });

  it('takes a migration back after it arrived', async () => {
    const { source, target, request, booted, address } = harness();
    const wanted = await request('obedient');
    const ref = refOf(wanted);
    await source.start(wanted, handlerContext());
    await booted(ref);
    const { port } = await target.acceptMigration(wanted, '127.0.0.1', address);
    await source.sendMigration(sendParams(wanted, address, port), handlerContext());
    await target.finishMigration(ref, 'target', false);
    assert.equal(await stateOf(target, ref), undefined);
    await source.finishMigration(ref, 'source', false);
    assert.equal(await stateOf(source, ref), 'running');
    assert.deepEqual(await source.stop(ref, 20, handlerContext()), { changed: true, graceful: true });
  });
}

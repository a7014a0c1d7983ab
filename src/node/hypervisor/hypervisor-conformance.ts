import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { type ErrorCode, type GantryError, silentOperation } from '../../base/index.ts';
import type { HypervisorName } from '../../model/index.ts';
import { type Capability, type ConsoleKind, hypervisorRow } from '../../model/index.ts';
import type { ConsolePlaces, HandlerContext, InstanceRuntime, RpcParams } from '../../rpc/index.ts';
import { capabilityOf } from './capability-of.ts';
import type { Hypervisor } from './hypervisor.ts';
import type { InstanceRef, StartRequest } from './start-request.ts';

/** Two nodes with adapters of one kind, and what a test must be able to do to their guests. */
export interface HypervisorHarness {
  readonly source: Hypervisor;
  readonly target: Hypervisor;
  /** An adapter over what `source` keeps, as after a restart of its agent. */
  readonly restarted: () => Hypervisor;
  /** A request for a new instance whose disks both nodes reach. `stubborn` guests do not stop when they are asked. */
  readonly request: (guest: 'obedient' | 'stubborn') => Promise<StartRequest>;
  /** One with every console that the hypervisor has; default: as any. */
  readonly requestWithConsoles?: () => Promise<StartRequest>;
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

/** Where the consoles of a running instance are. */
export const placesOf = async ({ consoles }: Hypervisor, instance: InstanceRef): Promise<ConsolePlaces> =>
  (consoles ?? assert.fail('it has no consoles')).places(instance);

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

/** What every hypervisor adapter must do, and what one must do that has a capability; it must have those of the catalogue. */
export function hypervisorConformance(name: HypervisorName, harness: () => HypervisorHarness): void {
  const { can, consoles } = hypervisorRow(name);
  lifeCycle(harness);
  unaskedEnds(harness);
  if (can.includes('reset')) resets(harness);
  if (can.includes('resume')) resumes(harness);
  if (can.includes('migration')) migrations(harness);
  for (const kind of consoles) opensConsole(kind, harness);

  it('has the capabilities that the catalogue of hypervisors tells', () => {
    const { source } = harness();
    assert.equal(source.name, name);
    const all = ['migration', 'reset', 'resume'] as const satisfies readonly Capability[];
    assert.deepEqual(
      all.filter((one) => source[one] !== undefined),
      all.filter((one) => can.includes(one)),
    );
    assert.deepEqual(Object.keys(source.consoles?.open ?? {}).sort(), [...consoles].sort());
  });
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
    if (source.consoles) await assert.rejects(source.consoles.places(ref), withCode('HYPERVISOR_NOT_RUNNING'));
    assert.deepEqual(await source.stop(ref, 0, handlerContext()), { changed: false, graceful: false });
  });
}

function resets(harness: () => HypervisorHarness): void {
  it('presses the reset button, also after a restart of the agent', async () => {
    const { source, restarted, request, booted } = harness();
    const wanted = await request('obedient');
    const ref = refOf(wanted);
    await assert.rejects(capabilityOf(source, 'reset')(ref), withCode('HYPERVISOR_NOT_RUNNING'));
    await source.start(wanted, handlerContext());
    await booted(ref);
    assert.deepEqual(await capabilityOf(restarted(), 'reset')(ref), { changed: true });
    await booted(ref);
    await source.stop(ref, 0, handlerContext());
  });
}

function resumes(harness: () => HypervisorHarness): void {
  it('leaves a guest alone that does not stand still', async () => {
    const { source, request } = harness();
    const wanted = await request('obedient');
    const ref = refOf(wanted);
    await assert.rejects(capabilityOf(source, 'resume')(ref), withCode('HYPERVISOR_NOT_RUNNING'));
    await source.start(wanted, handlerContext());
    assert.deepEqual(await capabilityOf(source, 'resume')(ref), { changed: false });
    await source.stop(ref, 0, handlerContext());
  });
}

function opensConsole(kind: ConsoleKind, harness: () => HypervisorHarness): void {
  it(`opens the ${kind} console of what runs, and of nothing else`, async () => {
    const { source, request, requestWithConsoles, booted } = harness();
    const wanted = await (requestWithConsoles ?? (() => request('obedient')))();
    const ref = refOf(wanted);
    const open = source.consoles?.open[kind] ?? assert.fail();
    await assert.rejects(open(ref), withCode('HYPERVISOR_NOT_RUNNING'));
    await source.start(wanted, handlerContext());
    await booted(ref);
    const console = await open(ref);
    const closed = once(console, 'close');
    console.destroy();
    await closed;
    await source.stop(ref, 0, handlerContext());
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
    const accepted = await capabilityOf(target, 'migration').accept(wanted, '127.0.0.1', address);
    assert.deepEqual(await capabilityOf(target, 'migration').accept(wanted, '127.0.0.1', address), accepted);
    assert.equal(await stateOf(target, ref), 'migrating-in');
    await assert.rejects(target.start(wanted, handlerContext()), withCode('HYPERVISOR_START_FAILED'));
    const params = sendParams(wanted, accepted.address, accepted.port);
    const sent = await capabilityOf(source, 'migration').send(params, handlerContext());
    assert.ok(sent.downtime_ms >= 0 && sent.total_ms >= sent.downtime_ms && sent.ram_mib > 0, JSON.stringify(sent));
    assert.deepEqual(await capabilityOf(source, 'migration').send(params, handlerContext()), sent);
    await capabilityOf(target, 'migration').finish(ref, 'target', true);
    await capabilityOf(source, 'migration').finish(ref, 'source', true);
    assert.deepEqual(await capabilityOf(target, 'migration').finish(ref, 'target', true), { changed: false });
    assert.deepEqual(await capabilityOf(source, 'migration').finish(ref, 'source', true), { changed: false });
    assert.equal(await stateOf(source, ref), undefined);
    assert.equal(await stateOf(target, ref), 'running');
    await assert.rejects(capabilityOf(target, 'migration').accept(wanted, '127.0.0.1', address), withCode('HYPERVISOR_MIGRATION_FAILED'));
    assert.deepEqual(await target.stop(ref, 20, handlerContext()), { changed: true, graceful: true });
  });

  it('keeps the instance on the source when nobody takes it', async () => {
    const { source, target, request, address } = harness();
    const wanted = await request('obedient');
    const ref = refOf(wanted);
    await source.start(wanted, handlerContext());
    await assert.rejects(capabilityOf(source, 'migration').send(sendParams(wanted, address, 9), handlerContext()), (error: GantryError) => {
      assert.doesNotMatch(error.message, /Internal error/);
      return withCode('HYPERVISOR_MIGRATION_FAILED')(error);
    });
    assert.equal(await stateOf(source, ref), 'running');
    await capabilityOf(target, 'migration').finish(ref, 'target', false);
    await capabilityOf(source, 'migration').finish(ref, 'source', false);
    assert.equal(await stateOf(source, ref), 'running');
    await assert.rejects(capabilityOf(target, 'migration').finish(ref, 'target', true), withCode('HYPERVISOR_MIGRATION_FAILED'));
    await source.stop(ref, 0, handlerContext());
  });

  it('refuses another machine type and keeps the instance on the source', async () => {
    const { source, target, request, address } = harness();
    const wanted = await request('obedient');
    const ref = refOf(wanted);
    await source.start(wanted, handlerContext());
    const older = { ...wanted, spec: { ...wanted.spec, hvparams: { ...wanted.spec.hvparams, machine_version: 'pc-i440fx-7.1' } } };
    const { port } = await capabilityOf(target, 'migration').accept(older, '127.0.0.1', address);
    await assert.rejects(
      capabilityOf(source, 'migration').send(sendParams(wanted, address, port), handlerContext()),
      withCode('HYPERVISOR_MIGRATION_FAILED'),
    );
    await capabilityOf(target, 'migration').finish(ref, 'target', false);
    await capabilityOf(source, 'migration').finish(ref, 'source', false);
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
    const { port } = await capabilityOf(target, 'migration').accept(wanted, '127.0.0.1', address);
    await capabilityOf(source, 'migration').send(sendParams(wanted, address, port), handlerContext());
    await capabilityOf(target, 'migration').finish(ref, 'target', false);
    assert.equal(await stateOf(target, ref), undefined);
    await capabilityOf(source, 'migration').finish(ref, 'source', false);
    assert.equal(await stateOf(source, ref), 'running');
    assert.deepEqual(await source.stop(ref, 20, handlerContext()), { changed: true, graceful: true });
  });
}

import { isIPv6 } from 'node:net';
import { GantryError, type QmpClient } from '../../../base/index.ts';
import type { HandlerContext, RpcParams, RpcResult } from '../../../rpc/index.ts';
import { queryStatus, requireInstance } from './find-instance.ts';
import type { KvmParts } from './kvm-parts.ts';
import { losesWrites } from './loses-writes.ts';
import { acknowledged, type MigrationStatus, queryMigration } from './migration-status.ts';

const pollMs = 50;
/** A guest that changes its memory faster than the network carries it would never arrive. */
const longestMs = 30 * 60_000;
/** Slows the guest down when it changes its memory faster than it can be sent. */
const autoConverge = { capability: 'auto-converge', state: true };
const mebibyte = 1024 * 1024;
const finals = ['completed', 'failed', 'cancelled'];

type Params = RpcParams<'migration-send'>;

/**
 * Sends the state of a running instance to the QEMU that waits for it, and stays until that one runs. When it fails, the
 * instance goes on here. A repetition joins a migration that is under way and finds the outcome of one that is done.
 * @throws HYPERVISOR_NOT_RUNNING, HYPERVISOR_MIGRATION_FAILED with QEMU's reason
 */
export async function sendMigration(parts: KvmParts, params: Params, context: HandlerContext): Promise<RpcResult<'migration-send'>> {
  const { runtime } = await requireInstance(parts, params);
  return parts.qmp.use(parts.files(params), async (qmp) => {
    const wasPaused = (await queryStatus(qmp)) === 'paused';
    const live = params.live && !(await losesWrites(qmp, runtime.accelerator));
    try {
      if (params.live && !live) context.progress({ text: 'paused while its memory is sent: this QEMU loses writes of emulated guests' });
      await begin(qmp, { ...params, live });
      return summary(await follow(parts, qmp, context), live);
    } catch (error) {
      if (!wasPaused) await continueHere(parts, qmp, params.name, live);
      if (context.signal.aborted) throw error;
      const problem = reasonOf(error);
      throw new GantryError('HYPERVISOR_MIGRATION_FAILED', { name: params.name, problem }, { cause: error });
    }
  });
}

/** QEMU's own words where there are some. */
function reasonOf(error: unknown): string {
  if (!(error instanceof GantryError)) return (error as Error).message;
  const { problem } = error.facts;
  return error.code === 'HYPERVISOR_QMP_REFUSED' && typeof problem === 'string' ? problem : error.message;
}

async function begin(qmp: QmpClient, params: Params): Promise<void> {
  const { status } = await queryMigration(qmp);
  const state = await queryStatus(qmp);
  if (state === 'postmigrate' || !(status === 'none' || finals.includes(status))) return;
  await qmp.execute('migrate-set-capabilities', { capabilities: [...acknowledged, autoConverge] });
  await qmp.execute('migrate-set-parameters', { 'max-bandwidth': params.bandwidth * mebibyte, 'downtime-limit': params.downtime });
  if (!params.live) await qmp.execute('stop');
  const host = isIPv6(params.address) ? `[${params.address}]` : params.address;
  await qmp.execute('migrate', { uri: `tcp:${host}:${params.port}` });
}

async function follow(parts: KvmParts, qmp: QmpClient, { signal, progress }: HandlerContext): Promise<MigrationStatus> {
  const deadline = parts.clock.now() + longestMs;
  let reported = 0;
  while (true) {
    signal.throwIfAborted();
    const now = await queryMigration(qmp);
    if (now.status === 'completed') return now;
    if (finals.includes(now.status)) throw new Error(now.problem);
    if (parts.clock.now() > deadline) throw new Error(`it did not converge within ${longestMs / 60_000} minutes`);
    if (parts.clock.now() - reported > 1000) {
      reported = parts.clock.now();
      const fraction = now.total > 0 ? Math.max(0, 1 - now.remaining / now.total) : 0;
      progress({ text: `${now.transferred.toFixed(0)} MiB sent, ${now.remaining.toFixed(0)} MiB remaining`, fraction });
    }
    await parts.clock.sleep(pollMs, signal);
  }
}

/** A guest that was stopped before stood still the whole time, which QEMU does not count. */
const summary = (done: MigrationStatus, live: boolean): RpcResult<'migration-send'> => ({
  downtime_ms: live ? done.downtimeMs : done.totalMs,
  total_ms: done.totalMs,
  ram_mib: Number(done.transferred.toFixed(1)),
});

/** After a failure: ends what is under way and makes sure that the guest runs here, unless the target has it. */
async function continueHere(parts: KvmParts, qmp: QmpClient, name: string, live: boolean): Promise<void> {
  try {
    await cancelMigration(parts, qmp);
    const state = await queryStatus(qmp);
    const { status } = await queryMigration(qmp);
    // A guest that was stopped for its migration does not run on the target before it is told to, so here it may go on.
    const leftStopped = !live && state === 'postmigrate' && status !== 'completed';
    if (state === 'paused' || leftStopped) await qmp.execute('cont');
  } catch (error) {
    parts.log.error(
      { instance: name, error: GantryError.from(error).message },
      'the instance cannot be continued after a failed migration',
    );
  }
}

/** Cancels a migration that is under way and waits until it is over. */
export async function cancelMigration(parts: KvmParts, qmp: QmpClient): Promise<void> {
  await qmp.execute('migrate_cancel');
  const deadline = parts.clock.now() + 10_000;
  while (parts.clock.now() < deadline) {
    const { status } = await queryMigration(qmp);
    if (status === 'none' || finals.includes(status)) return;
    await parts.clock.sleep(pollMs);
  }
}

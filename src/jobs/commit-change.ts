import { GantryError, type Json } from '../base/index.ts';
import { keys } from '../model/index.ts';
import type { ConfigDraft } from '../store/index.ts';
import type { JobChange } from './job-changes.ts';
import type { JobRecord } from './job-record.ts';
import { encodeJob, publish } from './job-writer.ts';
import type { SagaHost } from './saga-host.ts';
import { toJson } from './to-json.ts';
import { isOutage } from './transact-surely.ts';

const pauseMs = { first: 50, most: 5000 } as const;

/**
 * Changes the configuration and records it in the job, in one transaction: both happen or none. While the store cannot
 * be reached it is repeated; an attempt whose answer was lost is recognised by the job's value.
 * @throws whatever `change` throws; the signal's reason when another master leads
 */
export async function commitChange(
  host: SagaHost,
  record: JobRecord,
  change: (draft: ConfigDraft) => Json | void,
  recordAs: (result: Json) => JobChange,
): Promise<void> {
  await host.writer.exclusive(record, async () => {
    for (let pause: number = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.most)) {
      const revision = await attempt(host, record, change, recordAs);
      if (revision !== undefined) return;
      await host.clock.sleep(pause, host.signal);
    }
  });
}

/** The revision of the change, or undefined when the store did not answer and nothing was changed. */
async function attempt(
  host: SagaHost,
  record: JobRecord,
  change: (draft: ConfigDraft) => Json | void,
  recordAs: (result: Json) => JobChange,
): Promise<number | undefined> {
  const key = keys.job(record.id);
  let last: { readonly value: string; readonly change: JobChange } | undefined;
  try {
    const { revision } = await host.config.transact(
      (draft) => toJson(change(draft)),
      (result) => {
        const jobChange = recordAs(result);
        last = { value: encodeJob(jobChange(record.job)), change: jobChange };
        return { compares: [host.fence, { key, modRevision: record.revision }], writes: [{ type: 'put', key, value: last.value }] };
      },
    );
    if (last) publish(record, revision, last.change);
    return revision;
  } catch (error) {
    if (error instanceof GantryError && error.code === 'FENCED') {
      host.onFenced();
      throw host.signal.reason;
    }
    host.signal.throwIfAborted();
    if (!isOutage(error)) throw error;
    host.log.warn({ err: error, job: record.id }, 'the store does not answer; the change is repeated');
  }
  const entry = await host.store.get(key).catch(() => undefined);
  if (!entry || !last || entry.modRevision === record.revision) return undefined;
  if (entry.value !== last.value) {
    host.onFenced();
    throw host.signal.reason;
  }
  await host.config.reached(entry.modRevision);
  publish(record, entry.modRevision, last.change);
  return entry.modRevision;
}

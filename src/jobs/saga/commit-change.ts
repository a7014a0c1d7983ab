import { GantryError, type Json } from '../../base/index.ts';
import { keys } from '../../model/index.ts';
import type { ConfigDraft } from '../../store/index.ts';
import type { JobChange } from '../record/job-changes.ts';
import type { JobRecord } from '../record/job-record.ts';
import { toJson } from '../record/to-json.ts';
import { encodeJob, publish } from '../writing/job-writer.ts';
import { isOutage } from '../writing/transact-surely.ts';
import type { SagaHost } from './saga-host.ts';

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
  const sent: Sent = new Map();
  await host.writer.exclusive(record, async () => {
    for (let pause: number = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.most)) {
      const revision = await attempt(host, record, change, recordAs, sent);
      if (revision !== undefined) return;
      await host.clock.sleep(pause, host.signal);
    }
  });
}

/** Values of the job that were sent to the store. They show which attempt was carried out. */
type Sent = Map<string, JobChange>;

/** The revision of the change, or undefined when the store did not answer and nothing was changed, as far as is known. */
async function attempt(
  host: SagaHost,
  record: JobRecord,
  change: (draft: ConfigDraft) => Json | void,
  recordAs: (result: Json) => JobChange,
  sent: Sent,
): Promise<number | undefined> {
  const key = keys.job(record.id);
  let last: JobChange | undefined;
  try {
    const { revision } = await host.config.transact(
      (draft) => toJson(change(draft)),
      (result) => {
        last = recordAs(result);
        const value = encodeJob(last(record.job));
        sent.set(value, last);
        return { compares: [host.fence, { key, modRevision: record.revision }], writes: [{ type: 'put', key, value }] };
      },
    );
    if (last) publish(record, revision, last);
    return revision;
  } catch (error) {
    host.signal.throwIfAborted();
    if (isOutage(error)) host.log.warn({ err: error, job: record.id }, 'the store does not answer; the change is repeated');
    // The conflict may be the result of an earlier attempt that was carried out after we had looked for it.
    return findSent(host, record, sent, error);
  }
}

/**
 * Revision of the attempt that was carried out although its answer was lost; undefined when none is known to be.
 * @throws `error` when it is final: no attempt was carried out, and repeating would fail in the same way
 */
async function findSent(host: SagaHost, record: JobRecord, sent: Sent, error: unknown): Promise<number | undefined> {
  const entry = await host.store.get(keys.job(record.id)).catch((outage: unknown) => {
    if (!isOutage(outage)) throw outage;
    return 'outage' as const;
  });
  if (entry === 'outage') return undefined;
  // Nobody but another master takes a job away that has not ended.
  if (!entry) return fenced(host);
  if (entry.modRevision === record.revision) {
    if (isOutage(error)) return undefined;
    if (isFenced(error)) return fenced(host);
    throw error;
  }
  const change = sent.get(entry.value);
  if (!change) return fenced(host);
  await host.config.reached(entry.modRevision);
  publish(record, entry.modRevision, change);
  return entry.modRevision;
}

const isFenced = (error: unknown): boolean => GantryError.from(error).code === 'FENCED';

function fenced(host: SagaHost): never {
  host.onFenced();
  throw host.signal.reason;
}

import { GantryError } from '../../base/index.ts';
import { Job, keys, validate } from '../../model/index.ts';
import type { Entry, Store } from '../../store/index.ts';
import { asStored } from '../record/job-changes.ts';
import { type JobRecord, newRecord } from '../record/job-record.ts';

export interface LoadedJobs {
  /** By number, ascending. */
  readonly records: readonly JobRecord[];
  /** Revision of the store that includes everything the previous master wrote. */
  readonly revision: number;
  readonly nextId: number;
  readonly serialRevision: number;
}

const page = 500;

/** Reads the jobs that are not archived. @throws STORE_OBJECT_CORRUPT */
export async function loadJobs(store: Store): Promise<LoadedJobs> {
  const records: JobRecord[] = [];
  let revision = 0;
  let more = true;
  for (let after: string | undefined; more; ) {
    const result = await store.range(keys.jobs, { limit: page, ...(after === undefined ? {} : { after }) });
    for (const entry of result.entries) records.push(newRecord(asStored(readJob(entry)), entry.modRevision));
    revision = result.revision;
    more = result.more;
    after = result.entries.at(-1)?.key;
  }
  const serial = await store.get(keys.jobSerial);
  const last = Math.max(Number(serial?.value ?? 0), records.at(-1)?.id ?? 0);
  return { records, revision, nextId: last + 1, serialRevision: serial?.modRevision ?? 0 };
}

export async function loadArchivedJob(store: Store, id: number): Promise<Job | undefined> {
  const entry = await store.get(keys.archivedJob(id));
  return entry && readJob(entry);
}

function readJob(entry: Entry): Job {
  try {
    return validate(Job, JSON.parse(entry.value), 'job');
  } catch (error) {
    throw new GantryError('STORE_OBJECT_CORRUPT', { key: entry.key, problem: (error as Error).message }, { cause: error });
  }
}

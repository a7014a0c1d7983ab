import { createHash } from 'node:crypto';
import type { Principal } from '../../access/index.ts';
import { GantryError } from '../../base/index.ts';
import { keys } from '../../model/index.ts';
import type { Store, Write } from '../../store/index.ts';

/** Identifies a submission, so that the client can send it again when the answer was lost. */
export interface Once {
  /** Drawn by the client, one for each submission. */
  readonly key: string;
  /** Of what is submitted; another one with the same key is refused. */
  readonly fingerprint: string;
}

/** A submission as it is stored, in one transaction with its job. */
interface Known {
  readonly job: number;
  readonly fingerprint: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A day, and as many as fit into the memory of a master: a client that repeats does so within minutes. */
const lifetimeMs = 86_400_000;
const most = 10_000;
/** Of each submission at most this many old ones are removed. */
const removedAtOnce = 4;

/**
 * Submissions by the client's key. The leading master alone writes jobs, so what is in memory is all there is: it is loaded
 * with the jobs.
 */
export interface KnownSubmissions {
  /**
   * Submits unless it was done before; then it is the same job.
   * @param submit stores the job with these writes, in one transaction
   * @throws SUBMISSION_KEY_REUSED, and what `submit` throws
   */
  once(by: Submitter, once: Once, submit: (writesFor: (job: number) => readonly Write[]) => Promise<number>): Promise<number>;
}

/** Two schemes may give the same name to different people. */
type Submitter = Pick<Principal, 'name' | 'scheme'>;

interface Entry {
  readonly fingerprint: string;
  readonly at: number;
  /** The number of the job, when it is durable. */
  readonly job: Promise<number>;
}

export async function loadSubmissions(store: Store, now: () => number): Promise<KnownSubmissions> {
  const found: [string, Known][] = [];
  for (let after: string | undefined, more = true; more; ) {
    const page = await store.range(keys.submissions, { limit: 500, ...(after === undefined ? {} : { after }) });
    for (const { key, value } of page.entries) found.push([key, JSON.parse(value) as Known]);
    more = page.more;
    after = page.entries.at(-1)?.key;
  }
  found.sort(([, left], [, right]) => left.at - right.at);
  const entries = new Map(found.map(([key, { job, ...rest }]): [string, Entry] => [key, { ...rest, job: Promise.resolve(job) }]));
  return { once: (by, once, submit) => submitOnce(entries, now, by, once, submit) };
}

/** Clients choose the keys. A digest keeps them short and separates the keys of different users. */
const storeKey = (...parts: readonly string[]): string => keys.submission(createHash('sha256').update(parts.join('\0')).digest('hex'));

/** Earlier versions left out the scheme; they knew one. */
const oldStoreKey = ({ name, scheme }: Submitter, key: string): string | undefined =>
  scheme === 'users-file' ? storeKey(name, key) : undefined;

async function submitOnce(
  entries: Map<string, Entry>,
  now: () => number,
  by: Submitter,
  { key, fingerprint }: Once,
  submit: (writesFor: (job: number) => readonly Write[]) => Promise<number>,
): Promise<number> {
  const place = storeKey(by.scheme, by.name, key);
  const at = now();
  const known = entries.get(place) ?? entries.get(oldStoreKey(by, key) ?? '');
  if (known && at - known.at < lifetimeMs) {
    if (known.fingerprint !== fingerprint) throw new GantryError('SUBMISSION_KEY_REUSED', { key });
    return known.job;
  }
  entries.delete(place);
  // Taken out at once, so that each is removed by one submission only.
  const old = takeExpired(entries, at);
  const job = submit((id) => [
    { type: 'put', key: place, value: JSON.stringify({ job: id, fingerprint, at } satisfies Known) },
    ...old.map(([each]): Write => ({ type: 'delete', key: each })),
  ]);
  entries.set(place, { fingerprint, at, job });
  try {
    return await job;
  } catch (error) {
    // Nothing was stored: a repetition starts again, and the old entries still exist.
    entries.delete(place);
    for (const [each, entry] of old) if (!entries.has(each)) entries.set(each, entry);
    throw error;
  }
}

/** Takes out the oldest ones whose time is over, or for which there is no room. */
function takeExpired(entries: Map<string, Entry>, at: number): [string, Entry][] {
  const old: [string, Entry][] = [];
  for (const [key, entry] of entries) {
    if (old.length >= removedAtOnce || (entries.size < most && at - entry.at < lifetimeMs)) break;
    entries.delete(key);
    old.push([key, entry]);
  }
  return old;
}

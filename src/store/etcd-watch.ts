import { setTimeout as sleep } from 'node:timers/promises';
import type { Etcd3, IEvent, IWatchResponse } from 'etcd3';
import { GantryError } from '../base/index.ts';
import { isEtcdFailure, repeatRead } from './etcd-client.ts';
import type { WatchBatch, WatchEvent } from './store.ts';
import { WakeUps } from './wake-ups.ts';

export interface EtcdRange {
  readonly key: Buffer;
  readonly range_end: Buffer;
}

interface WatchParts {
  readonly client: Etcd3;
  readonly range: EtcdRange;
  readonly signal: AbortSignal;
  readonly toEvent: (event: IEvent) => WatchEvent;
}

const reconnectMs = { first: 50, most: 2000 } as const;

/**
 * The changes of a range after revision `after`. A broken connection is opened again behind the last delivered revision.
 * @throws STORE_COMPACTED
 */
export async function* etcdWatch(parts: WatchParts, after: number): AsyncGenerator<WatchBatch> {
  const { signal } = parts;
  let seen = after;
  let pause: number = reconnectMs.first;
  while (!signal.aborted) {
    try {
      for await (const response of responses(parts, seen)) {
        for (const batch of toBatches(response, seen, parts.toEvent)) {
          if (signal.aborted) return;
          pause = reconnectMs.first;
          seen = batch.revision;
          yield batch;
        }
      }
    } catch (error) {
      // A consumer's own error never arrives here; what the server or the connection did is cured by opening it again.
      if (error instanceof GantryError || !isEtcdFailure(error)) throw error;
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    pause = Math.min(pause * 2, reconnectMs.most);
  }
}

/** The answers of one watch stream; ends when the stream breaks or the signal aborts. */
async function* responses({ client, range, signal }: WatchParts, after: number): AsyncGenerator<IWatchResponse> {
  const stream = await client.watchClient.watch();
  const news = new WakeUps();
  const received: IWatchResponse[] = [];
  let broken = false;
  const end = () => {
    broken = true;
    news.wake();
  };
  stream.on('data', (response) => {
    received.push(response);
    news.wake();
  });
  // What is wrong shows when the stream is opened again.
  stream.on('error', end);
  stream.on('end', end);
  signal.addEventListener('abort', end);
  try {
    stream.write({ create_request: { ...range, start_revision: after + 1, progress_notify: true } });
    while (!signal.aborted) {
      const more = news.next();
      const response = received.shift();
      if (response) {
        if (Number(response.compact_revision) > 0) throw compacted(after, Number(response.compact_revision));
        if (response.canceled) return;
        if (response.created) await checkKept(client, range, after);
        else yield response;
      } else if (broken) {
        return;
      } else {
        await more;
      }
    }
  } finally {
    signal.removeEventListener('abort', end);
    stream.cancel();
  }
}

/**
 * etcd accepts a watch that begins exactly at the revision of the last compaction, although the deletions of that revision are
 * lost. Reading the revision before it shows whether the history is complete.
 * @throws STORE_COMPACTED
 */
async function checkKept(client: Etcd3, { key }: EtcdRange, after: number): Promise<void> {
  if (after === 0) return;
  try {
    await repeatRead(() => client.kv.range({ key, revision: after, limit: 1, keys_only: true }));
  } catch (error) {
    const { message } = error as Error;
    if (message.includes('required revision has been compacted')) throw compacted(after, undefined);
    // Nothing is missing before a revision that is still to come.
    if (!message.includes('future revision')) throw error;
  }
}

function compacted(after: number, oldest: number | undefined): GantryError {
  return new GantryError('STORE_COMPACTED', { after, oldest: oldest ?? 'newer' });
}

function toBatches({ header, events }: IWatchResponse, seen: number, toEvent: (event: IEvent) => WatchEvent): WatchBatch[] {
  const revision = Number(header.revision);
  if (events.length === 0) return revision > seen ? [{ revision, events: [] }] : [];
  const byRevision = Map.groupBy(events, ({ kv }) => Number(kv.mod_revision));
  return Array.from(byRevision, ([each, of]) => ({ revision: each, events: of.map(toEvent) })).filter((batch) => batch.revision > seen);
}

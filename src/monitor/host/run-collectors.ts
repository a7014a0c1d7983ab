import type { MessagePort } from 'node:worker_threads';
import type { Collector } from '../collector/collector.ts';
import { type CollectRequest, markOf, type WorkerMessage, type WorkerSettings } from './collect-request.ts';
import { createCollection, messageOf } from './create-collection.ts';
import { sharedHistories } from './shared-histories.ts';
import { watchWhoRuns } from './who-runs.ts';

/** What a worker thread does: it knows no schedule, is told what to run, and says what came of it. */
export async function runCollectors(settings: WorkerSettings, port: MessagePort): Promise<void> {
  const catalogue = ((await import(settings.catalogue)) as { collectorCatalogue: readonly Collector<unknown>[] }).collectorCatalogue;
  const known = new Map(catalogue.map((collector) => [collector.name, collector]));
  const names = new Map<number, string>();
  const whoRuns = watchWhoRuns(markOf(settings.mark));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  const tell = (message: WorkerMessage) => port.postMessage(message);
  const collection = createCollection(
    settings.root,
    sharedHistories(settings.histories, (key, memory) => tell({ kind: 'history', key, memory })),
  );

  /** Thrown where no collection could catch it: in a timer, an event, a promise that nobody waited for. It is its collector's alone. */
  const fault = (who: number, error: unknown) => {
    collection.forget(names.get(who) ?? '');
    tell({ kind: 'fault', who, problem: messageOf(error) });
  };
  process.on('uncaughtException', (error) => fault(whoRuns.current, error));
  process.on('unhandledRejection', (error, promise) => fault(whoRuns.ownerOf(promise), error));

  port.on('message', ({ id, who, name, timeout }: CollectRequest) => {
    const collector = known.get(name);
    if (!collector) return;
    names.set(who, name);
    whoRuns.enter(who);
    void collection.collect(collector, timeout).then((outcome) => tell({ kind: 'answer', id, outcome }));
    whoRuns.enter(0);
  });
}

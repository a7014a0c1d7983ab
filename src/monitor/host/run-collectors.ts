import type { MessagePort } from 'node:worker_threads';
import type { Collector, CollectorFacts } from '../collector/collector.ts';
import type { MonitorLog } from '../monitor-log.ts';
import { type CollectRequest, markOf, type WorkerMessage, type WorkerSettings } from './collect-request.ts';
import { createCollection } from './create-collection.ts';
import { messageOf } from './message-of.ts';
import { sharedHistories } from './shared-histories.ts';
import { watchWhoRuns } from './who-runs.ts';

/** Collectors that come and go. */
export interface LiveCatalogue {
  find(name: string): Collector<unknown> | undefined;
}

/** Opens it, and tells of all its collectors whenever one has come, gone or changed. */
export type OpenCatalogue = (
  given: unknown,
  announce: (collectors: readonly CollectorFacts[]) => void,
  log: MonitorLog,
) => Promise<LiveCatalogue>;

interface CatalogueModule {
  readonly collectorCatalogue?: readonly Collector<unknown>[];
  readonly openCatalogue?: OpenCatalogue;
}

/** The work of a worker thread: it has no schedule, runs the collectors that it is told to run, and sends back the results. */
export async function runCollectors(settings: WorkerSettings, port: MessagePort): Promise<void> {
  const names = new Map<number, string>();
  const whoRuns = watchWhoRuns(markOf(settings.mark));
  const tell = (message: WorkerMessage, moved: ArrayBuffer[] = []) => port.postMessage(message, moved);
  const collection = createCollection(
    settings,
    sharedHistories(settings.histories, (key, memory) => tell({ kind: 'history', key, memory })),
  );

  /**
   * Thrown where no collection could catch it: in a timer, an event, or a promise that nothing awaits. Only the collector that
   * caused it fails.
   */
  const fault = (who: number, error: unknown) => {
    collection.forget(names.get(who) ?? '');
    tell({ kind: 'fault', who, problem: messageOf(error) });
  };
  const { collectorCatalogue = [], openCatalogue } = (await import(settings.catalogue)) as CatalogueModule;
  const fixed = new Map(collectorCatalogue.map((collector) => [collector.name, collector]));
  const announce = (collectors: readonly CollectorFacts[]) => tell({ kind: 'catalogue', collectors });
  const live = await openCatalogue?.(settings.given, announce, (...line) => tell({ kind: 'log', line }));
  process.on('uncaughtException', (error) => fault(whoRuns.current, error));
  process.on('unhandledRejection', (error, promise) => fault(whoRuns.ownerOf(promise), error));

  port.on('message', ({ id, who, name, timeout, command }: CollectRequest) => {
    const collector = fixed.get(name) ?? live?.find(name);
    if (!collector) return tell({ kind: 'answer', id, outcome: { ok: false, failure: 'failed', problem: 'it does not exist any more' } });
    names.set(who, name);
    whoRuns.enter(who);
    void collection
      .collect(collector, timeout, command)
      .then((outcome) => tell({ kind: 'answer', id, outcome }, outcome.ok ? [outcome.data.buffer] : []));
    whoRuns.enter(0);
  });
}

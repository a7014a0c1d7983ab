import { watcherPrincipal } from '../access/index.ts';
import { type Clock, GantryError, type Log } from '../base/index.ts';
import type { JobQueue } from '../jobs/index.ts';
import type { Instance } from '../model/index.ts';
import type { Config } from '../store/index.ts';
import type { CertificateRenewer } from './certificate-renewer.ts';
import type { GarbageList } from './garbage.ts';
import { busyInstances } from './lib/instances/busy-instances.ts';
import type { LiveState } from './live-state.ts';

export interface WatcherOptions {
  readonly config: Config;
  readonly jobs: JobQueue;
  readonly live: LiveState;
  readonly garbage: GarbageList;
  readonly certificates: CertificateRenewer;
  readonly clock: Clock;
  readonly log: Log;
  /** Seconds between two looks at the instances; default 300, as Ganeti's watcher. */
  readonly intervalSeconds?: number;
}

/** Ended jobs leave the queue after this time, as with Ganeti's watcher. */
const archiveAfterSeconds = 6 * 3600;

/**
 * Brings back what should run: instances that are to be up but are not, on nodes that answer, also when a guest switched itself
 * off (as Ganeti does by default); collects what operations had to leave behind; renews certificates in time; archives old jobs.
 * A requested stop is respected: it is recorded as the wanted state.
 */
export class Watcher {
  readonly #options: WatcherOptions;
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new GantryError('CANCELLED', { subject: 'watching' }));
    await this.#loop;
  }

  /** One look; returns the instances for which a start was submitted. */
  async look(): Promise<string[]> {
    const { config, jobs, garbage, certificates } = this.#options;
    await garbage.collect();
    await certificates.look();
    await jobs.autoArchive(archiveAfterSeconds);
    const busy = busyInstances(jobs);
    const started: string[] = [];
    for (const instance of config.current.instances.values()) {
      if (busy.has(instance.name.toLowerCase()) || busy.has(instance.uuid) || !this.#shouldStart(instance)) continue;
      await jobs.submit(
        [
          {
            OP_ID: 'OP_INSTANCE_STARTUP',
            instance_name: instance.name,
            no_remember: true,
            reason: [['gnt:watcher', 'it should run', this.#nowNs()]],
          },
        ],
        watcherPrincipal,
      );
      started.push(instance.name);
    }
    return started;
  }

  #shouldStart(instance: Instance): boolean {
    if (instance.admin_state !== 'up') return false;
    const node = this.#options.config.current.nodes.get(instance.primary_node);
    const report = this.#options.live.node(instance.primary_node);
    if (!node || node.offline || !report || report.stale) return false;
    if (this.#mayRunElsewhere(instance)) return false;
    const seen = this.#options.live.instance(instance.uuid);
    if (!seen) return true;
    return seen.node === instance.primary_node && (seen.runtime.state === 'shutdown' || seen.runtime.state === 'crashed');
  }

  /**
   * After a move that failed half-way it may run on the target; while the target does not answer, a second copy could destroy the
   * disks.
   */
  #mayRunElsewhere({ moving_to }: Instance): boolean {
    if (moving_to === undefined) return false;
    const { config, live } = this.#options;
    const target = config.current.nodes.get(moving_to);
    const report = live.node(moving_to);
    return target !== undefined && !target.offline && (!report || report.stale);
  }

  async #run(): Promise<void> {
    const { clock, log, intervalSeconds = 300 } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const started = await this.look();
        if (started.length > 0) log.info({ instances: started }, 'starting instances that should run');
      } catch (error) {
        if (!signal.aborted) log.warn({ error: GantryError.from(error).toReport() }, 'watcher failed; it tries again');
      }
      await clock.sleep(intervalSeconds * 1000, signal).catch(() => undefined);
    }
  }

  #nowNs(): number {
    return Math.round(this.#options.clock.now() * 1000) * 1000;
  }
}

import { type Clock, GantryError, type Log } from '../base/index.ts';
import type { InstanceRuntime, NodeCaller, NodeInfo } from '../rpc/index.ts';
import type { Config } from '../store/index.ts';
import type { LiveState } from './live-state.ts';

export interface LivePollerOptions {
  readonly config: Config;
  readonly nodes: NodeCaller;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds between two rounds; default 5,000. */
  readonly intervalMs?: number;
  /** Called after a node answered, for work that waits for it. */
  readonly onAnswer?: (nodeUuid: string) => void;
}

interface Report {
  readonly info: NodeInfo;
  readonly at: number;
  failed: boolean;
}

/**
 * Asks every node at a steady interval, all side by side, and remembers what they said. A node that fails only makes
 * its own report stale.
 */
export class LivePoller implements LiveState {
  readonly #options: LivePollerOptions;
  readonly #intervalMs: number;
  readonly #reports = new Map<string, Report>();
  readonly #instances = new Map<string, { runtime: InstanceRuntime; node: string; at: number }>();
  readonly #stop = new AbortController();
  #round: Promise<void> = Promise.resolve();
  /** Grows with every change of what is remembered; caches of derived data key on it. */
  version = 0;

  constructor(options: LivePollerOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? 5_000;
  }

  node(uuid: string) {
    const report = this.#reports.get(uuid);
    if (!report) return undefined;
    const old = this.#options.clock.now() - report.at > 3 * this.#intervalMs;
    return { info: report.info, at: report.at, stale: report.failed || old };
  }

  instance(uuid: string) {
    return this.#instances.get(uuid);
  }

  async refresh(nodeUuid: string): Promise<void> {
    const { config, nodes, clock, log, onAnswer } = this.#options;
    const node = config.current.nodes.get(nodeUuid);
    if (!node || node.offline) return this.#forget(nodeUuid);
    try {
      const call = { signal: this.#stop.signal };
      const [info, running] = await Promise.all([
        nodes.call(nodeUuid, 'node-info', {}, call),
        nodes.call(nodeUuid, 'instance-list', {}, call),
      ]);
      this.#record(nodeUuid, info, running, clock.now());
      onAnswer?.(nodeUuid);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      const report = this.#reports.get(nodeUuid);
      if (report && !report.failed) {
        report.failed = true;
        this.version++;
      }
      log.debug({ node: node.name, error: GantryError.from(error).toReport() }, 'node did not report');
    }
  }

  /** Begins to poll; resolves when the first round is over. */
  async start(): Promise<void> {
    await this.pollOnce();
    this.#round = this.#loop();
  }

  async pollOnce(): Promise<void> {
    await Promise.all([...this.#options.config.current.nodes.values()].map((node) => this.refresh(node.uuid)));
  }

  async stop(): Promise<void> {
    this.#stop.abort(new GantryError('CANCELLED', { subject: 'polling' }));
    await this.#round;
  }

  async #loop(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const woken = await clock.sleep(this.#intervalMs, signal).then(
        () => true,
        () => false,
      );
      if (woken) await this.pollOnce();
    }
  }

  #record(nodeUuid: string, info: NodeInfo, running: readonly InstanceRuntime[], at: number): void {
    this.#reports.set(nodeUuid, { info, at, failed: false });
    for (const [uuid, seen] of this.#instances) if (seen.node === nodeUuid) this.#instances.delete(uuid);
    for (const runtime of running) {
      const other = this.#instances.get(runtime.uuid);
      const alive = runtime.state === 'running' || runtime.state === 'paused';
      // During a migration two nodes know the instance; the one where it runs is believed.
      if (!other || alive) this.#instances.set(runtime.uuid, { runtime, node: nodeUuid, at });
    }
    this.version++;
  }

  #forget(nodeUuid: string): void {
    this.#reports.delete(nodeUuid);
    for (const [uuid, seen] of this.#instances) if (seen.node === nodeUuid) this.#instances.delete(uuid);
    this.version++;
  }
}

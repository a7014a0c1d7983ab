import { type Clock, GantryError, type Log } from '../base/index.ts';
import type { InstanceRuntime, NodeCaller, NodeInfo } from '../rpc/index.ts';
import type { Config } from '../store/index.ts';
import { StartGate } from './lib/instances/start-gate.ts';
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
  /** Number of the question that it answers. */
  readonly question: number;
  failed: boolean;
}

/** Nodes of which the poll has just begun, at the same time; see `StartGate`. */
const youngPolls = { limit: 16, youngMs: 1000 };

/**
 * Asks every node at a steady interval, some in parallel, and stores the answers. If a node fails, only its own report gets
 * stale. If a node hangs, nothing waits for it: the others are asked at their interval.
 */
export class LivePoller implements LiveState {
  readonly #options: LivePollerOptions;
  readonly #intervalMs: number;
  readonly #reports = new Map<string, Report>();
  readonly #instances = new Map<string, { runtime: InstanceRuntime; node: string; at: number }>();
  /** UUIDs of the instances that were last seen on a node. */
  readonly #seenOn = new Map<string, Set<string>>();
  readonly #gate: StartGate;
  readonly #stop = new AbortController();
  /** Nodes whose poll is under way, by UUID. */
  readonly #polls = new Map<string, Promise<void>>();
  #loop: Promise<void> = Promise.resolve();
  #questions = 0;
  /** Grows with every change of what is remembered; caches of derived data key on it. */
  version = 0;

  constructor(options: LivePollerOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? 5_000;
    this.#gate = new StartGate({ ...youngPolls, clock: options.clock });
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
    const question = ++this.#questions;
    try {
      const call = { signal: this.#stop.signal };
      // One after the other, so that one connection will do.
      const info = await nodes.call(nodeUuid, 'node-info', {}, call);
      const running = await nodes.call(nodeUuid, 'instance-list', {}, call);
      this.#record(nodeUuid, question, info, running, clock.now());
      onAnswer?.(nodeUuid);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      const report = this.#reports.get(nodeUuid);
      if (report && !report.failed && report.question < question) {
        report.failed = true;
        this.version++;
      }
      log.debug({ node: node.name, error: GantryError.from(error).toReport() }, 'node did not report');
    }
  }

  /** Begins to poll; resolves when every node has answered, or had an interval's time to. */
  async start(): Promise<void> {
    const enough = new AbortController();
    const signal = AbortSignal.any([enough.signal, this.#stop.signal]);
    await Promise.race([this.pollOnce(), this.#options.clock.sleep(this.#intervalMs, signal).catch(() => undefined)]);
    enough.abort();
    this.#loop = this.#run();
  }

  /** Asks every node that is not being asked already; resolves when all of them have answered or failed. */
  async pollOnce(): Promise<void> {
    const { nodes } = this.#options.config.current;
    for (const uuid of this.#reports.keys()) if (!nodes.get(uuid)) this.#forget(uuid);
    await Promise.all([...nodes.values()].map(({ uuid }) => this.#poll(uuid)));
  }

  async stop(): Promise<void> {
    this.#stop.abort(new GantryError('CANCELLED', { subject: 'polling' }));
    await this.#loop;
    await Promise.all(this.#polls.values());
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await clock.sleep(this.#intervalMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      // Not awaited: a node that hangs must not delay the next poll of the others.
      this.pollOnce().catch((error: unknown) => log.error({ err: error }, 'the nodes could not be polled'));
    }
  }

  #poll(nodeUuid: string): Promise<void> {
    const known = this.#polls.get(nodeUuid);
    if (known) return known;
    const ask = async () => {
      if (!this.#stop.signal.aborted) await this.refresh(nodeUuid);
    };
    const poll = this.#gate.run(ask).finally(() => this.#polls.delete(nodeUuid));
    this.#polls.set(nodeUuid, poll);
    return poll;
  }

  #record(nodeUuid: string, question: number, info: NodeInfo, running: readonly InstanceRuntime[], at: number): void {
    // The answer to an earlier question may come later; it would show the node as it was before a change.
    if ((this.#reports.get(nodeUuid)?.question ?? 0) > question) return;
    this.#reports.set(nodeUuid, { info, at, question, failed: false });
    this.#forgetInstances(nodeUuid);
    const here = new Set<string>();
    this.#seenOn.set(nodeUuid, here);
    for (const runtime of running) {
      const { uuid } = runtime;
      const other = this.#instances.get(uuid);
      const alive = runtime.state === 'running' || runtime.state === 'paused';
      // During a migration two nodes know the instance; the one where it runs is believed.
      if (other && !alive) continue;
      if (other) this.#seenOn.get(other.node)?.delete(uuid);
      this.#instances.set(uuid, { runtime, node: nodeUuid, at });
      here.add(uuid);
    }
    this.version++;
  }

  #forgetInstances(nodeUuid: string): void {
    for (const uuid of this.#seenOn.get(nodeUuid) ?? []) this.#instances.delete(uuid);
    this.#seenOn.delete(nodeUuid);
  }

  #forget(nodeUuid: string): void {
    this.#reports.delete(nodeUuid);
    this.#forgetInstances(nodeUuid);
    this.version++;
  }
}

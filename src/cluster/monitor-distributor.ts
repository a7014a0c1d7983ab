import { isDeepStrictEqual } from 'node:util';
import { type Clock, GantryError, type Log } from '../base/index.ts';
import type { NodeCaller } from '../rpc/index.ts';
import type { Config } from '../store/index.ts';
import type { LiveState } from './live-state.ts';

export interface MonitorDistributorOptions {
  readonly config: Config;
  readonly nodes: NodeCaller;
  readonly live: () => LiveState;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Gives every node what the cluster has set for the collectors of the monitoring agents. A node says with each report what
 * it has; where that is not what it should be, it is sent. So nodes that were away, or were made anew, get it too.
 */
export class MonitorDistributor {
  readonly #options: MonitorDistributorOptions;
  /** Nodes to which something is on its way, by UUID. */
  readonly #under = new Set<string>();

  constructor(options: MonitorDistributorOptions) {
    this.#options = options;
  }

  /** Call it after a node has reported. Never rejects: the next report is another chance. */
  async settle(uuid: string): Promise<void> {
    const { config, nodes, live, clock, log } = this.#options;
    const has = live().node(uuid)?.info.data_collectors;
    const collectors = config.current.cluster.data_collectors ?? {};
    // An agent of an earlier version does not tell, and would not understand.
    if (has === undefined || isDeepStrictEqual(has, collectors) || this.#under.has(uuid)) return;
    this.#under.add(uuid);
    try {
      await nodes.call(uuid, 'monitor-configure', { collectors }, { stepId: `monitor/${uuid}/${clock.now()}` });
    } catch (error) {
      log.warn({ node: uuid, error: GantryError.from(error).toReport() }, 'settings of the monitor could not be sent; it is tried again');
    } finally {
      this.#under.delete(uuid);
    }
  }
}

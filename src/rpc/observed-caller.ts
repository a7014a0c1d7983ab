import { GantryError, type Log } from '../base/index.ts';
import type { RpcName, RpcParams, RpcResult } from './contract.ts';
import type { CallOptions, JobNodeCaller } from './node-caller.ts';
import { callOutcome, type RpcMetrics } from './rpc-metrics.ts';

export interface ObservedCallerParts {
  readonly metrics: RpcMetrics;
  readonly log: Log;
  /** Name of a node, for people. */
  readonly nameOf: (node: string) => string;
}

/** Counts the calls of a caller, and writes those that belong to a trace into the log with the time they took. */
export function observedCaller(nodes: JobNodeCaller, { metrics, log, nameOf }: ObservedCallerParts): JobNodeCaller {
  return {
    cancelStep: (node, stepId) => nodes.cancelStep(node, stepId),
    async call<M extends RpcName>(node: string, method: M, params: RpcParams<M>, options: CallOptions = {}): Promise<RpcResult<M>> {
      const began = performance.now();
      metrics.begin();
      let problem: unknown;
      try {
        return await nodes.call(node, method, params, options);
      } catch (error) {
        problem = error;
        throw error;
      } finally {
        const ms = performance.now() - began;
        const outcome = callOutcome(problem);
        metrics.end(method, outcome, ms / 1000);
        const { trace, stepId: step } = options;
        // The nodes are polled all the time; that is told only on request.
        if (trace !== undefined) {
          const code = outcome === 'ok' ? undefined : GantryError.from(problem).code;
          log.info({ trace, node: nameOf(node), method, step, ms: Math.round(ms), ...(code !== undefined && { code }) }, 'node called');
        }
      }
    },
  };
}

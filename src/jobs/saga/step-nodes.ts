import type { NodeCaller } from '../../rpc/index.ts';
import { nodeContract } from '../../rpc/light.ts';

/**
 * Calls of one step: they carry the step's id and the trace of its job, and end when the queue stops.
 * @param cancelled tells calls that change something to end early
 */
export function stepNodes(
  nodes: NodeCaller,
  stepId: string,
  signal: AbortSignal,
  trace: string | undefined,
  cancelled: () => AbortSignal,
): NodeCaller {
  return {
    call: (node, method, params, options) =>
      nodes.call(node, method, params, {
        ...options,
        trace,
        stepId: options?.stepId ? `${stepId}:${options.stepId}` : stepId,
        signal: options?.signal && options.signal !== signal ? AbortSignal.any([signal, options.signal]) : signal,
        ...(nodeContract[method].changes && { cancel: cancelled() }),
      }),
  };
}

/** Calls of a plan only read, so they need no id. */
export function planNodes(nodes: NodeCaller, signal: AbortSignal, trace: string | undefined): NodeCaller {
  return {
    call: (node, method, params, options) =>
      nodes.call(node, method, params, { ...options, trace, signal: options?.signal ? AbortSignal.any([signal, options.signal]) : signal }),
  };
}

/** Undoing has an id of its own: the node must not join it to the request that it undoes. */
export function stepId(job: number, op: number, step: string, undo = false): string {
  return `job/${job}/${op}/${step}${undo ? '/undo' : ''}`;
}

import type { CallOptions, JobNodeCaller, RpcName, RpcParams, RpcResult } from '../rpc/index.ts';
import type { LiveState } from './live-state.ts';

const changing: ReadonlySet<RpcName> = new Set([
  'instance-start',
  'instance-stop',
  'migration-accept',
  'migration-send',
  'migration-finish',
  'instance-reset',
  'instance-resume',
]);

/**
 * A caller that refreshes what is known of a node as soon as a call has changed its instances, so that a list right
 * after a job tells the truth.
 */
export function refreshingCaller(nodes: JobNodeCaller, live: () => LiveState): JobNodeCaller {
  return {
    cancelStep: (node, stepId) => nodes.cancelStep(node, stepId),
    async call<M extends RpcName>(node: string, method: M, params: RpcParams<M>, options?: CallOptions): Promise<RpcResult<M>> {
      const result = await nodes.call(node, method, params, options);
      if (changing.has(method)) await live().refresh(node);
      return result;
    },
  };
}

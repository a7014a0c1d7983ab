import { GantryError } from '../base/index.ts';
import { type HandlerContext, type NodeHandlers, nodeContract, type RpcCall, type RpcDispatcher } from '../rpc/index.ts';
import type { Fence } from './fence.ts';
import { StepRegistry } from './step-registry.ts';

/** Puts fencing and the joining of repeated steps before the handlers. */
export function createDispatcher(handlers: NodeHandlers, fence: Fence, steps = new StepRegistry()): RpcDispatcher {
  const handle = ({ method, params }: RpcCall, context: HandlerContext): Promise<unknown> =>
    // The server has checked the parameters against the schema of the method.
    handlers[method](params as never, context);
  return {
    async dispatch(call, caller) {
      const { stepId, term, epoch } = call;
      if (!nodeContract[call.method].changes) return handle(call, { stepId, ...caller });
      if (stepId === undefined || term === undefined) {
        throw new GantryError('RPC_REQUEST_UNREADABLE', { problem: `${call.method} needs a term and a step id` });
      }
      await fence.pass(term, epoch);
      return steps.run({ ...call, stepId }, caller, (context) => handle(call, context));
    },
    async cancelStep(stepId, term, epoch) {
      await fence.pass(term, epoch);
      await steps.cancel(stepId, epoch);
    },
  };
}

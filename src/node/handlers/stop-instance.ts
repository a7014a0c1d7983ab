import type { KeyedMutex } from '../../host/index.ts';
import type { HandlerContext, RpcParams, RpcResult } from '../../rpc/index.ts';
import type { NodeParts } from '../node-parts.ts';
import { hypervisorFor, releaseInstance } from './instance-guard.ts';

type Stop = (request: RpcParams<'instance-stop'>, context: HandlerContext) => Promise<RpcResult<'instance-stop'>>;

/**
 * Stops instances, each exclusively. A hard stop does not wait for a graceful one of the same instance that waits for its guest:
 * the graceful one stops waiting and becomes hard, and the later request finds nothing left to do.
 */
export function instanceStopper(parts: NodeParts, exclusively: KeyedMutex): Stop {
  /** By instance: the graceful stop that waits for its guest. */
  const waiting = new Map<string, AbortController>();
  /** By instance: how many hard stops have come and not ended. */
  const hard = new Map<string, number>();

  const gracefully: Stop = async ({ hypervisor, timeout, ...instance }, context) => {
    const port = hypervisorFor(parts, hypervisor);
    if (hard.has(instance.uuid)) return port.stop(instance, 0, context);
    const hurry = new AbortController();
    waiting.set(instance.uuid, hurry);
    try {
      return await port.stop(instance, timeout, { ...context, signal: AbortSignal.any([context.signal, hurry.signal]) });
    } catch (error) {
      if (!hurry.signal.aborted || context.signal.aborted) throw error;
      context.progress({ text: 'not waiting for the guest any more: it is stopped hard' });
      return await port.stop(instance, 0, context);
    } finally {
      waiting.delete(instance.uuid);
    }
  };

  const stop = (request: RpcParams<'instance-stop'>, context: HandlerContext, how: Stop) =>
    exclusively(request.uuid, async () => {
      context.signal.throwIfAborted();
      const outcome = await how(request, context);
      await releaseInstance(parts, request.uuid);
      return outcome;
    });

  return async (request, context) => {
    if (request.timeout > 0) return stop(request, context, gracefully);
    const { uuid } = request;
    hard.set(uuid, (hard.get(uuid) ?? 0) + 1);
    waiting.get(uuid)?.abort('a hard stop was asked for');
    try {
      return await stop(request, context, ({ hypervisor, timeout, ...instance }) =>
        hypervisorFor(parts, hypervisor).stop(instance, timeout, context),
      );
    } finally {
      const left = (hard.get(uuid) ?? 1) - 1;
      if (left > 0) hard.set(uuid, left);
      else hard.delete(uuid);
    }
  };
}

import type { OperationContext } from '../base/index.ts';
import type { Progress, RpcName } from './contract.ts';

/** A request that the server has authenticated and checked against the contract. */
export interface RpcCall {
  readonly method: RpcName;
  readonly params: unknown;
  /** The master's term; undefined only for methods that change nothing. */
  readonly term: number | undefined;
  /** Identity of the history of the master's store; none from masters that know none. */
  readonly epoch?: string;
  /** Present for every method that changes something. */
  readonly stepId: string | undefined;
}

export interface CallContext {
  readonly operation: OperationContext;
  readonly progress: (progress: Progress) => void;
  /** Aborts when the caller is gone. A step that changes something goes on all the same, so that it can be joined again. */
  readonly signal: AbortSignal;
}

/** What stands behind the server of an agent: fencing, joining of repeated steps, the handlers. */
export interface RpcDispatcher {
  /** @throws NODE_REFUSED_TERM, NODE_REFUSED_EPOCH, or what the handler throws */
  dispatch(call: RpcCall, context: CallContext): Promise<unknown>;
  /** Asks a running step to stop, and waits until it has; nothing happens when there is none. @throws NODE_REFUSED_TERM, NODE_REFUSED_EPOCH */
  cancelStep(stepId: string, term: number, epoch?: string): Promise<void>;
}

import type { OperationContext } from '../base/index.ts';
import type { Progress, RpcName, RpcParams, RpcResult } from './contract.ts';

export interface CallOptions {
  /** Identifies the step of a job; the same for every repetition. Needed for methods that change something. */
  readonly stepId?: string;
  /** Trace that the call belongs to, see `OperationContext`. */
  readonly trace?: string | undefined;
  readonly onProgress?: (progress: Progress) => void;
  /** Gives the call up. The agent goes on with a step, so that it can be joined again, unless the reason is that nobody wants it any more. */
  readonly signal?: AbortSignal;
  /** Tells the agent to end the step; the call lasts until it has answered, within a limit. Only for methods that change something. */
  readonly cancel?: AbortSignal;
}

/** Calls node agents. The network client and the in-process fake of simulated clusters both are one. */
export interface NodeCaller {
  /**
   * @param node UUID of the node
   * @throws NODE_UNREACHABLE, NODE_TIMED_OUT, NODE_GARBLED, NODE_REFUSED_TERM, or the error that the agent reported
   */
  call<M extends RpcName>(node: string, method: M, params: RpcParams<M>, options?: CallOptions): Promise<RpcResult<M>>;
}

/** Calls node agents for jobs, which may have been begun by a former master. */
export interface JobNodeCaller extends NodeCaller {
  /**
   * Tells an agent to end a step that it works on, whoever began it, and waits for that within a limit; nothing happens when it does
   * not work on it.
   * @param stepId as the call has it
   * @throws as `call`; RPC_METHOD_UNKNOWN from an agent that cannot do it
   */
  cancelStep(node: string, stepId: string): Promise<void>;
}

/** What a node agent does for a call. One implementation each, in the node room; fakes for simulation. */
export type NodeHandlers = {
  readonly [M in RpcName]: (params: RpcParams<M>, context: HandlerContext) => Promise<RpcResult<M>>;
};

export interface HandlerContext {
  readonly stepId: string | undefined;
  /** Of which work it is a part; its log has the trace, the method and the step. */
  readonly operation: OperationContext;
  readonly progress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

import { GantryError } from '../base/index.ts';
import { validate } from '../model/index.ts';
import { nodeContract, type RpcName, type RpcResult } from './contract.ts';

/** Checks what a node answered against the contract. @throws NODE_GARBLED naming the offending field */
export function checkAnswer<M extends RpcName>(node: string, method: M, answer: unknown): RpcResult<M> {
  try {
    return validate(nodeContract[method].result, answer, method) as RpcResult<M>;
  } catch (error) {
    throw new GantryError('NODE_GARBLED', { node, method, problem: GantryError.from(error).message }, { cause: error });
  }
}

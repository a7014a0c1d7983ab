import type { RpcParams, VerifyProblem } from '../../rpc/index.ts';
import type { NodeParts } from '../node-parts.ts';

/** One thing that a node looks at for `cluster verify`. It changes nothing, and what it cannot find out is a finding. */
export type NodeCheck = (parts: NodeParts, params: RpcParams<'node-verify'>) => Promise<VerifyProblem[]>;

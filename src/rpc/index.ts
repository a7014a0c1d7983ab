export {
  BlockDescription,
  DiskSpec,
  InstanceRuntime,
  InstanceSpec,
  NicSpec,
  type NodeContract,
  NodeInfo,
  nodeContract,
  OsInfo,
  type Progress,
  type RpcMethod,
  type RpcName,
  type RpcParams,
  type RpcResult,
} from './contract.ts';
export type { CallOptions, HandlerContext, NodeCaller, NodeHandlers } from './node-caller.ts';

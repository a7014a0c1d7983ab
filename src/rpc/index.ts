export { BlockDescription } from './block-description.ts';
export { type CertificateIdentity, certificateIdentity } from './certificates/certificate-identity.ts';
export { type Credentials, checkCertificate } from './certificates/check-certificate.ts';
export { checkRevocationList, plainSerial } from './certificates/check-revocation-list.ts';
export { type Authority, createAuthority } from './certificates/create-authority.ts';
export { createKeyAndRequest, createRequest } from './certificates/create-request.ts';
export { createRevocationList, type RevokedCertificate } from './certificates/create-revocation-list.ts';
export { certificateFingerprint, publicKeyFingerprint } from './certificates/fingerprint.ts';
export { needsRenewal } from './certificates/needs-renewal.ts';
export {
  type CertificateSubject,
  createCertificate,
  type SignedCertificate,
  signCertificate,
  signNode,
} from './certificates/sign-certificate.ts';
export { checkAnswer } from './check-answer.ts';
export { isMethodUnknown } from './client/is-method-unknown.ts';
export { createNodeClient, type NodeClient, type NodeClientOptions } from './client/node-client.ts';
export type { NodeResolver, NodeTarget } from './client/node-target.ts';
export {
  ConsolePlaces,
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
  type SecretParameters,
  StoragePool,
  VerifyProblem,
} from './contract.ts';
export { finding } from './finding.ts';
export { decodeJoinToken, encodeJoinToken, JoinToken } from './join-token.ts';
export type { CallOptions, HandlerContext, JobNodeCaller, NodeCaller, NodeHandlers } from './node-caller.ts';
export { observedCaller } from './observed-caller.ts';
export type { CallContext, RpcCall, RpcDispatcher } from './rpc-dispatcher.ts';
export { RpcMetrics, rpcFamilies } from './rpc-metrics.ts';
export { RpcServer, type RpcServerOptions } from './server/rpc-server.ts';
export type { ConsoleOpener } from './server/serve-console.ts';

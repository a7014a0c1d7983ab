import type {
  BlockDescription,
  HandlerContext,
  InstanceRuntime,
  InstanceSpec,
  RpcParams,
  RpcResult,
  VerifyProblem,
} from '../../rpc/index.ts';

/** A NIC made ready by the network room: the tap device the hypervisor attaches. */
export interface PreparedNic {
  readonly uuid: string;
  readonly mac: string;
  readonly tap: string;
}

/** Everything a hypervisor gets to start an instance: disks and NICs are ready when it is called. */
export interface StartRequest {
  readonly spec: InstanceSpec;
  readonly disks: readonly (BlockDescription & { readonly uuid: string; readonly mode: 'rw' | 'ro' })[];
  readonly nics: readonly PreparedNic[];
}

/** Names one instance on its node. */
export interface InstanceRef {
  readonly uuid: string;
  readonly name: string;
}

/**
 * The hypervisor port. Every method may be repeated. Adapters keep what they need to find their instances again after
 * a restart of the agent in the agent's run directory; instances survive it.
 */
export interface Hypervisor {
  readonly name: InstanceSpec['hypervisor'];
  /** Version and accelerator, or the problem that makes this hypervisor unusable here. */
  probe(): Promise<{ version: string; accelerator: string | null; problem: string | null }>;
  /** What must be there for a start, asked now; absent where nothing can be missing. @throws HYPERVISOR_MISSING */
  requireUsable?(): Promise<void>;
  list(): Promise<InstanceRuntime[]>;
  /** Starts it, or does nothing when it runs. @throws HYPERVISOR_START_FAILED with the hypervisor's own message */
  start(request: StartRequest, context: HandlerContext): Promise<{ changed: boolean }>;
  /** Asks the guest to stop, then stops it hard after `timeoutSeconds`; 0 stops hard at once. */
  stop(instance: InstanceRef, timeoutSeconds: number, context: HandlerContext): Promise<{ changed: boolean; graceful: boolean }>;
  /** Lets a guest go on that stands still, as after a disk error. @throws HYPERVISOR_STALLED when it cannot yet, HYPERVISOR_NOT_RUNNING */
  resume(instance: InstanceRef): Promise<{ changed: boolean }>;
  /** The guest's reset button. */
  reset(instance: InstanceRef): Promise<{ changed: boolean }>;
  console(instance: InstanceRef): Promise<RpcResult<'instance-console'>>;
  acceptMigration(request: StartRequest, sourceAddress: string, listenAddress: string): Promise<RpcResult<'migration-accept'>>;
  sendMigration(params: RpcParams<'migration-send'>, context: HandlerContext): Promise<RpcResult<'migration-send'>>;
  finishMigration(instance: InstanceRef, role: 'source' | 'target', success: boolean): Promise<{ changed: boolean }>;
  /** Problems of this hypervisor on this host, for `cluster verify`. */
  verify(): Promise<VerifyProblem[]>;
  /** What is to be done every few seconds for the instances that run: their serial lines are read, one that waits for room goes on. Does not throw. */
  tend?(): Promise<void>;
  /** Lets go of what belongs to this agent; the instances go on. */
  close?(): Promise<void>;
}

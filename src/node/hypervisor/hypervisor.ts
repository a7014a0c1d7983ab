import type { HypervisorName } from '../../model/index.ts';
import type { HandlerContext, InstanceRuntime, InstanceSpec, VerifyProblem } from '../../rpc/index.ts';
import type { NicWish } from '../network/prepared-nic.ts';
import type { Capabilities } from './capabilities.ts';
import type { InstanceRef, StartRequest } from './start-request.ts';

/**
 * The hypervisor port: what every hypervisor does, and the capabilities that only some have. Every method may be repeated.
 * Adapters keep what they need to find their instances again after a restart of the agent in the agent's run directory;
 * instances survive it.
 */
export interface Hypervisor extends Partial<Capabilities> {
  readonly name: HypervisorName;
  /** Version and accelerator, or the problem that makes this hypervisor unusable here. */
  probe(): Promise<{ version: string; accelerator: string | null; problem: string | null }>;
  /** What must be there for a start, asked now; absent where nothing can be missing. @throws HYPERVISOR_MISSING */
  requireUsable?(): Promise<void>;
  list(): Promise<InstanceRuntime[]>;
  /** How NICs of the instance must be made ready for `start`. */
  nicWish(instance: Pick<InstanceSpec, 'uuid' | 'network_port'>): NicWish;
  /** Starts it, or does nothing when it runs. @throws HYPERVISOR_START_FAILED with the hypervisor's own message */
  start(request: StartRequest, context: HandlerContext): Promise<{ changed: boolean }>;
  /** Asks the guest to stop, then stops it hard after `timeoutSeconds`; 0 stops hard at once. */
  stop(instance: InstanceRef, timeoutSeconds: number, context: HandlerContext): Promise<{ changed: boolean; graceful: boolean }>;
  /** Problems of this hypervisor on this host, for `cluster verify`. */
  verify(): Promise<VerifyProblem[]>;
  /** What is to be done every few seconds for the instances that run: their serial lines are read, one that waits for room goes on. Does not throw. */
  tend?(): Promise<void>;
  /** Lets go of what belongs to this agent; the instances go on. */
  close?(): Promise<void>;
}

import type { Socket } from 'node:net';
import type { Capability, ConsoleKind } from '../../model/index.ts';
import type { HandlerContext, RpcParams, RpcResult } from '../../rpc/index.ts';
import type { InstanceRef, StartRequest } from './start-request.ts';

/** Moves a running instance to another node. Every method may be repeated. */
export interface MigrationPort {
  /** Begins to wait for the state of an instance, on the target. */
  accept(request: StartRequest, sourceAddress: string, listenAddress: string): Promise<RpcResult<'migration-accept'>>;
  /** Sends the state, from the source. */
  send(params: RpcParams<'migration-send'>, context: HandlerContext): Promise<RpcResult<'migration-send'>>;
  /** Takes over on the target and ends it on the source, or the reverse when it failed. */
  finish(instance: InstanceRef, role: 'source' | 'target', success: boolean): Promise<{ changed: boolean }>;
}

/** The consoles of running instances. */
export interface ConsolesPort {
  /** Where they are on this node. @throws HYPERVISOR_NOT_RUNNING */
  places(instance: InstanceRef): Promise<RpcResult<'instance-console'>>;
  /** Connects to one. Kinds that this hypervisor does not have are absent. @throws CONSOLE_MISSING, HYPERVISOR_NOT_RUNNING */
  readonly open: { readonly [K in ConsoleKind]?: (instance: InstanceRef) => Promise<Socket> };
}

/** What only some hypervisors can do; the catalogue of hypervisors says which. Those that are missing there are not listed in it. */
export interface Capabilities extends Record<Capability, unknown> {
  readonly migration: MigrationPort;
  /** The guest's reset button. @throws HYPERVISOR_NOT_RUNNING */
  readonly reset: (instance: InstanceRef) => Promise<{ changed: boolean }>;
  /** Lets a guest go on that stands still, as after a disk error. @throws HYPERVISOR_STALLED when it cannot yet, HYPERVISOR_NOT_RUNNING */
  readonly resume: (instance: InstanceRef) => Promise<{ changed: boolean }>;
  readonly consoles: ConsolesPort;
}

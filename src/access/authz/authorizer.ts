import type { Principal } from '../principal.ts';
import type { ResolvedObject } from './resolve-object.ts';

/** What is decided on. */
export interface AuthorizationRequest {
  readonly principal: Principal;
  /** `object:action`, e.g. `instance:create`. Actions `read` and `query` change nothing. */
  readonly permission: string;
  /** What it is about: what an opcode touches or uses, or the objects that a resource names. */
  readonly objects: readonly ResolvedObject[];
  /** What would be submitted; its parameters are validated. */
  readonly opcode?: { readonly id: string; readonly params: Readonly<Record<string, unknown>> } | undefined;
  /** What would be read, where the request says it. */
  readonly read?: { readonly kind: string; readonly fields: readonly string[] } | undefined;
}

/** `reason` is for people: it completes "User x may not do this: …". Without one, the permission is what is missing. */
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason?: string };

/** Decides what a principal may do, and see. Roles, quotas and tenants plug in here. */
export interface Authorizer {
  decide(request: AuthorizationRequest): Decision | Promise<Decision>;
  /**
   * Which objects lists and queries show, and which can be named in a path or by an opcode; asked for each request,
   * with instances, nodes, node groups, networks, jobs and the cluster. Undefined, or no such method: all of them, so that nothing
   * is asked for each row. What may be read at all is decided before.
   */
  visible?(principal: Principal): ((object: ResolvedObject) => boolean) | undefined;
}

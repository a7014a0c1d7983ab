import type { Principal } from '../principal.ts';

/** What a request or an opcode is about: a kind (`instance`, `node`, `job`, …) and a name as the user gave it. */
export interface AuthorizedObject {
  readonly kind: string;
  readonly name: string;
}

export interface AuthorizationRequest {
  readonly user: Principal;
  /** `object:action`, e.g. `instance:create`. */
  readonly permission: string;
  readonly objects: readonly AuthorizedObject[];
}

/** Decides what a user may do. Roles, quotas and tenants plug in here. */
export interface Authorizer {
  decide(request: AuthorizationRequest): Promise<boolean> | boolean;
}

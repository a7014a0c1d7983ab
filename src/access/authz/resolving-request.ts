import type { Principal } from '../principal.ts';
import type { AuthorizationRequest } from './authorizer.ts';
import { isThere, type NamedObject, type ResolvedObject, resolveObject } from './resolve-object.ts';

/**
 * A request whose objects are looked up when the authorizer wants them, and once. A class: made for each request of the REST API,
 * and a literal with a getter costs many times as much.
 */
export class ResolvingRequest implements AuthorizationRequest {
  readonly principal: Principal;
  readonly permission: string;
  readonly opcode: AuthorizationRequest['opcode'];
  readonly read: AuthorizationRequest['read'];
  readonly #named: readonly NamedObject[] | (() => readonly NamedObject[]);
  readonly #source: () => Parameters<typeof resolveObject>[1];
  readonly #sight: (principal: Principal) => ((object: ResolvedObject) => boolean) | undefined;
  #resolved: readonly ResolvedObject[] | undefined;

  constructor(
    principal: Principal,
    { permission, opcode, read }: Omit<AuthorizationRequest, 'principal' | 'objects'>,
    named: readonly NamedObject[] | (() => readonly NamedObject[]),
    source: () => Parameters<typeof resolveObject>[1],
    sight: (principal: Principal) => ((object: ResolvedObject) => boolean) | undefined,
  ) {
    this.principal = principal;
    this.permission = permission;
    this.opcode = opcode;
    this.read = read;
    this.#named = named;
    this.#source = source;
    this.#sight = sight;
  }

  get objects(): readonly ResolvedObject[] {
    if (this.#resolved) return this.#resolved;
    const source = this.#source();
    const sees = this.#sight(this.principal);
    this.#resolved = (typeof this.#named === 'function' ? this.#named() : this.#named).map((one) => {
      const object = resolveObject(one, source);
      // The decision, and its reason, must not tell what is hidden from what is missing.
      return sees && isThere(object) && !sees(object) ? { ...one, tags: [] } : object;
    });
    return this.#resolved;
  }
}

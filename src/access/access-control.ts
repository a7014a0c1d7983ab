import { GantryError, type Log } from '../base/index.ts';
import type { Job } from '../model/index.ts';
import type { ConfigSnapshot } from '../store/index.ts';
import type { AuthorizationRequest, Authorizer, Decision } from './authz/authorizer.ts';
import { createdObjects, objectsOfOpcode } from './authz/objects-of-opcode.ts';
import { isThere, type NamedObject, type ResolvedObject, resolveObject } from './authz/resolve-object.ts';
import { ResolvingRequest } from './authz/resolving-request.ts';
import { internalRights } from './internal/internal-principals.ts';
import { internalScheme } from './internal/internal-scheme.ts';
import type { Principal } from './principal.ts';
import { createSight, type NamingOpcode, type Sight } from './sight.ts';

/** What somebody wants to do, as a resource describes it. */
export interface Wish extends Pick<AuthorizationRequest, 'permission' | 'read'> {
  readonly objects: readonly NamedObject[];
}

/** Asked before anything is submitted, changed or read. */
export interface AccessControl {
  /**
   * @param trace of the request, for the audit line of a refusal
   * @throws API_FORBIDDEN, ACCESS_REFUSED; API_OBJECT_UNKNOWN for an object that the principal may not see
   */
  require(principal: Principal, wish: Wish, trace?: string): Promise<void>;
  /**
   * Decides on each opcode of a job, all before any is stored. From whom objects may be hidden, API_OBJECT_UNKNOWN is thrown for those
   * that are missing, too: else the answer would tell the two apart. An opcode that depends on other jobs may name what these will
   * create, so its objects are looked at when it begins (`sightOf`).
   */
  requireOpcodes(principal: Principal, ops: readonly NamingOpcode[], trace?: string): Promise<void>;
  /** What jobs of a principal may know and use; undefined: everything. The master's own parts see everything. */
  sightOf(principal: Principal): Sight | undefined;
  /**
   * Whether a row of a kind of a query is about something that the principal may see; made once for a request. Undefined: all are,
   * so that nothing is asked for each row.
   */
  visible(principal: Principal): ((kind: string, row: unknown) => boolean) | undefined;
}

export interface AccessControlOptions {
  readonly authorizer: Authorizer;
  readonly config: { readonly current: ConfigSnapshot };
  /** A job that is not archived. */
  readonly job: (id: number) => Pick<Job, 'user' | 'principal'> | undefined;
  readonly log: Pick<Log, 'warn'>;
}

export function createAccessControl({ authorizer, config, job, log }: AccessControlOptions): AccessControl {
  const source = () => ({ config: config.current, job });

  /** @param named what is told of a refusal; named only then */
  async function require(request: AuthorizationRequest, named: () => readonly NamedObject[], trace: string | undefined): Promise<void> {
    const { principal, permission } = request;
    const decision = boundary(request) ?? (await authorizer.decide(request));
    if (decision.allowed) return;
    const { reason } = decision;
    const objects = named();
    const how = { ...(trace !== undefined && { trace }), ...(reason !== undefined && { reason }) };
    log.warn({ audit: true, user: principal.name, permission, objects, decision: 'refused', ...how }, 'permission refused');
    if (reason === undefined) throw new GantryError('API_FORBIDDEN', { user: principal.name, permission });
    throw new GantryError('ACCESS_REFUSED', { user: principal.name, permission, reason });
  }

  const predicateOf = (principal: Principal) => (principal.scheme === internalScheme ? undefined : authorizer.visible?.(principal));

  /** As if it did not exist: nobody may find out whether it does. @throws API_OBJECT_UNKNOWN */
  function refuseHidden({ principal, permission }: AuthorizationRequest, objects: readonly NamedObject[]): void {
    const sees = predicateOf(principal);
    if (!sees) return;
    for (const named of objects) {
      const object = resolveObject(named, source());
      const isHidden = isThere(object) && !sees(object);
      // The page of a job that does not exist is no error, so who reads one is told by the page.
      const isUnknown = named.kind === 'job' ? (isHidden || !isThere(object)) && !changesNothing(permission) : isHidden;
      if (isUnknown) throw unknown(named);
    }
  }

  function sightOf(principal: Principal): Sight | undefined {
    const sees = predicateOf(principal);
    return sees && createSight((object) => isOwn(object, principal) || sees(object), source());
  }

  /** Later opcodes of a job may use what earlier ones create. @throws API_OBJECT_UNKNOWN */
  function requireNamed(principal: Principal, ops: readonly NamingOpcode[]): void {
    const sight = sightOf(principal);
    if (!sight) return;
    const created = new Set<string>();
    for (const op of ops) {
      const found = isDependent(op) ? undefined : sight.unknownOf(op, created);
      if (found) throw unknown(found);
      for (const key of createdObjects(op.definition, op.params).made) created.add(key);
    }
  }

  return {
    async require(principal, { objects, ...wish }, trace) {
      const request = new ResolvingRequest(principal, wish, objects, source, predicateOf);
      await require(request, () => objects, trace);
      if (objects.length > 0) refuseHidden(request, objects);
    },
    async requireOpcodes(principal, ops, trace) {
      for (const { definition, params } of ops) {
        const { id, permission } = definition;
        const named = () => objectsOfOpcode(definition, params);
        const request = new ResolvingRequest(principal, { permission, opcode: { id, params } }, named, source, predicateOf);
        await require(request, () => definition.touches(params).map(({ kind, name }) => ({ kind, name })), trace);
      }
      requireNamed(principal, ops);
    },
    sightOf,
    visible(principal) {
      if (principal.scheme === internalScheme) return () => false;
      const sees = authorizer.visible?.(principal);
      return sees && createSight(sees, source()).sees;
    },
  };
}

const changesNothing = (permission: string) => /:(read|query)$/.test(permission);

const isDependent = ({ params }: NamingOpcode) => Array.isArray(params['depends']) && params['depends'].length > 0;

/** A job may use the other jobs of its principal, whatever lists show. */
const isOwn = ({ kind, owner }: ResolvedObject, { name, scheme }: Principal) =>
  kind === 'job' && owner?.name === name && owner.scheme === scheme;

const unknown = ({ kind, name }: NamedObject) => new GantryError('API_OBJECT_UNKNOWN', { object: kind, name });

/** What no authorizer can allow or refuse: the limits of a principal, and the rights of the master's own parts. */
function boundary({ principal, permission }: AuthorizationRequest): Decision | undefined {
  if (principal.scheme === internalScheme) return { allowed: internalRights.get(principal.name)?.has(permission) === true };
  if (principal.limits?.readOnly !== true || changesNothing(permission)) return undefined;
  return { allowed: false, reason: 'it is limited to reading' };
}

import { GantryError, type Log } from '../base/index.ts';
import type { Job, OpcodeDefinition } from '../model/index.ts';
import type { ConfigSnapshot } from '../store/index.ts';
import type { AuthorizationRequest, Authorizer, Decision } from './authz/authorizer.ts';
import { objectsOfOpcode } from './authz/objects-of-opcode.ts';
import { type NamedObject, objectOfRow, type ResolvedObject } from './authz/resolve-object.ts';
import { ResolvingRequest } from './authz/resolving-request.ts';
import { internalRights } from './internal/internal-principals.ts';
import { internalScheme } from './internal/internal-scheme.ts';
import type { Principal } from './principal.ts';

/** What somebody wants to do, as a resource describes it. */
export interface Wish extends Pick<AuthorizationRequest, 'permission' | 'read'> {
  readonly objects: readonly NamedObject[];
}

/** An opcode that was checked against the catalogue. */
interface Opcode {
  readonly definition: Pick<OpcodeDefinition, 'id' | 'permission' | 'touches'>;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Asked before anything is submitted, changed or read. */
export interface AccessControl {
  /**
   * @param trace of the request, for the audit line of a refusal
   * @throws API_FORBIDDEN, ACCESS_REFUSED; API_OBJECT_UNKNOWN for an object that the principal may not see
   */
  require(principal: Principal, wish: Wish, trace?: string): Promise<void>;
  /** Decides on each opcode of a submission, all before any is stored. Errors as `require`. */
  requireOpcodes(principal: Principal, ops: readonly Opcode[], trace?: string): Promise<void>;
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

  /** As if it did not exist: nobody may find out whether it does. @throws API_OBJECT_UNKNOWN */
  function refuseHidden(request: AuthorizationRequest, named: readonly NamedObject[] | (() => readonly NamedObject[])): void {
    const { principal, permission } = request;
    const sees = principal.scheme === internalScheme ? undefined : authorizer.visible?.(principal);
    const hidden = sees ? request.objects.findIndex((object) => exists(object, permission) && !sees(object)) : -1;
    if (hidden === -1) return;
    const { kind, name } = (typeof named === 'function' ? named() : named)[hidden] as NamedObject;
    throw new GantryError('API_OBJECT_UNKNOWN', { object: kind, name });
  }

  return {
    async require(principal, { objects, ...wish }, trace) {
      const request = new ResolvingRequest(principal, wish, objects, source);
      await require(request, () => objects, trace);
      if (objects.length > 0) refuseHidden(request, objects);
    },
    async requireOpcodes(principal, ops, trace) {
      for (const { definition, params } of ops) {
        const { id, permission } = definition;
        const named = () => objectsOfOpcode(definition, params);
        const request = new ResolvingRequest(principal, { permission, opcode: { id, params } }, named, source);
        await require(request, () => definition.touches(params).map(({ kind, name }) => ({ kind, name })), trace);
        refuseHidden(request, named);
      }
    },
    visible(principal) {
      if (principal.scheme === internalScheme) return () => false;
      const sees = authorizer.visible?.(principal);
      if (!sees) return undefined;
      const from = source();
      return (kind, row) => {
        const object = objectOfRow(kind, row, from);
        return object === undefined || sees(object);
      };
    },
  };
}

const changesNothing = (permission: string) => /:(read|query)$/.test(permission);

/** The page of a job that does not exist is no error, so who reads one is told by the page. */
const exists = ({ uuid, owner }: ResolvedObject, permission: string) =>
  uuid !== undefined || (owner !== undefined && !changesNothing(permission));

/** What no authorizer can allow or refuse: the limits of a principal, and the rights of the master's own parts. */
function boundary({ principal, permission }: AuthorizationRequest): Decision | undefined {
  if (principal.scheme === internalScheme) return { allowed: internalRights.get(principal.name)?.has(permission) === true };
  if (principal.limits?.readOnly !== true || changesNothing(permission)) return undefined;
  return { allowed: false, reason: 'it is limited to reading' };
}

import type { TObject, TSchema } from 'typebox';
import type { NamedObject, Principal } from '../../access/index.ts';
import type { OperationContext } from '../../base/index.ts';
import { redactSealedJson } from '../../model/index.ts';
import type { ApiContext } from '../api-options.ts';

/** What a handler gets: everything has been authenticated, authorized and validated. */
export interface ApiRequest {
  /** Its trace, and a log whose lines have it. */
  readonly operation: OperationContext;
  readonly user: Principal;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Address of the client. */
  readonly from: string;
  /** Aborts when the client is gone or the time is over. */
  readonly signal: AbortSignal;
}

/** One method of one resource; the server, the OpenAPI page and the authorization test are made from these. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/2/nodes/{node_name}` */
  readonly path: string;
  readonly tag: 'cluster' | 'node' | 'instance' | 'group' | 'network' | 'job' | 'query' | 'server';
  readonly summary: string;
  /** `object:action`; `public` needs no user at all. Actions `read` and `query` change nothing. */
  readonly permission: string;
  /** Query parameters; numbers are converted. */
  readonly query?: TObject;
  readonly body?: TSchema;
  /** The body is only described here; the handler checks it against the opcode. */
  readonly bodyCheckedByHandler?: boolean;
  readonly result?: TSchema;
  /** Content types of the result where it is text and no JSON. */
  readonly types?: readonly string[];
  /** The answer may carry an entity tag: a client that has this version gets 304. */
  readonly tagged?: boolean;
  /** False: the resource says that this version does not have the operation (501). */
  readonly offered?: boolean;
  /** It is answered also while this master does not lead: it tells of the process alone. */
  readonly standby?: boolean;
  /** It makes a job: clients may give it a key by which they can send it again. */
  readonly submits?: boolean;
  /** What the request is about, from the path alone. */
  readonly objects?: (params: Readonly<Record<string, string>>) => readonly NamedObject[];
  /** Returns JSON or a `Reply`. */
  readonly handle: (request: ApiRequest, context: ApiContext) => unknown;
}

/** Under this key a schema has the name by which the OpenAPI page describes it once, for all places that use it. */
export const componentKey = 'x-component';
export const component = <S extends TSchema>(name: string, schema: S): S => ({ ...schema, [componentKey]: name });

/** A reply that is text already, JSON unless it has another type; in a buffer, it must hold nothing encrypted. */
export class Reply {
  readonly body: Buffer;
  /** With it, a client that has this version gets 304. */
  readonly etag: string | undefined;

  /** Content type. */
  readonly type: string;

  /** It is compressed for clients that ask for that. */
  packs = false;

  constructor(text: string | Buffer, etag?: string, type = 'application/json') {
    this.type = type;
    this.body = typeof text === 'string' ? Buffer.from(redactSealedJson(text)) : text;
    this.etag = etag;
  }
}

/** The objects of a path such as `/2/instances/{instance_name}`. */
export const objectsFrom =
  (kind: string, param: string): NonNullable<Route['objects']> =>
  (params) => [{ kind, name: params[param] ?? '' }];

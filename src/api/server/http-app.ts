import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Principal } from '../../access/index.ts';
import {
  type ConnectionGuard,
  closestName,
  GantryError,
  gzipBody,
  newTrace,
  operationContext,
  traceFrom,
  wantsGzip,
} from '../../base/index.ts';
import { redactSealedJson } from '../../model/index.ts';
import type { ApiContext } from '../api-options.ts';
import { Reply, type Route } from '../routes/route.ts';
import { checkRequest } from './check-request.ts';
import { describeError, longestName } from './describe-error.ts';
import { errorBody, tellable } from './error-body.ts';
import { type Arrival, type Gate, nobody } from './gate.ts';
import { openapiOptions, openapiPage, schemaOf } from './openapi.ts';
import { routeTable } from './route-table.ts';
import { securityHeaders } from './security-headers.ts';
import { serverName } from './status-texts.ts';

const json = 'application/json';
/** Of an answer: the trace of its request. */
const traceHeader = 'gantry-trace';
/** Of a path in the log. */
const longestPath = 300;
const emptyParams: Readonly<Record<string, string>> = {};
/** Errors that tell of guessing. */
const guesses = new Set(['JOIN_TOKEN_INVALID']);

const commonHeaders = { ...securityHeaders, server: serverName };
const users = new WeakMap<FastifyRequest, Principal>();
const userOf = (request: FastifyRequest): Principal => users.get(request) ?? nobody;
const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '';

const arrivalOf = ({ method, ip, headers, raw }: FastifyRequest): Arrival => ({ method, address: ip, headers, socket: raw.socket });

/** The HTTP application: every route behind the gate, with the same errors, headers and log lines. It does not listen. */
export async function createHttpApp(
  context: ApiContext,
  gate: Gate,
  challenge: string,
  routes: readonly Route[],
  guard: ConnectionGuard,
): Promise<FastifyInstance> {
  const { limits, version } = context;
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    handlerTimeout: limits.handlerMs,
    exposeHeadRoutes: false,
    genReqId: ({ headers }) => traceFrom(headers['traceparent']) ?? newTrace(Math.random),
    routerOptions: { maxParamLength: longestName },
    // Paths that the router itself refuses.
    frameworkErrors: (thrown, _request, reply) => void sendError(reply as FastifyReply, describeError(thrown, limits.bodyBytes)),
  });
  // Ganeti's clients send a body with the GET of a job's wait.
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true });
  app.setValidatorCompiler(checkRequest);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  parseBodies(app);
  await app.register(swagger, openapiOptions(version));
  answerErrors(app, context, gate, challenge, routes);
  logRequests(app, context);
  for (const route of [...routes, openapiRoute(app)]) addRoute(app, context, gate, route, guard);
  await app.ready();
  return app;
}

/** JSON only; an empty body is none, since Ganeti's clients always send the content type. */
function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(json, { parseAs: 'string' }, (_, body, done) => {
    if (body === '') return done(null, undefined);
    try {
      done(null, JSON.parse(String(body), withoutPrototype));
    } catch (error) {
      done(new GantryError('API_BODY_MALFORMED', {}, { cause: error }));
    }
  });
}

/** Drops keys that would change the prototype of an object that is copied from this one. */
function withoutPrototype(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

function sendError(reply: FastifyReply, error: GantryError): FastifyReply {
  const body = JSON.stringify(errorBody(tellable(error, reply.request.id)));
  return reply.code(error.definition.http).headers(commonHeaders).header(traceHeader, reply.request.id).type(json).send(Buffer.from(body));
}

/** What all paths share says nothing of how near they are. */
const withoutVersion = (path: string): string => path.replace(/^\/2\//, '/');

function answerErrors(app: FastifyInstance, context: ApiContext, gate: Gate, challenge: string, routes: readonly Route[]): void {
  const table = routeTable(routes);
  const paths = routes.map(({ path }) => path).filter((path) => !path.includes('{'));
  app.setErrorHandler((thrown, request, reply) => {
    const error = describeError(thrown, context.limits.bodyBytes);
    if (error.definition.kind === 'bug') context.services.log.error({ err: thrown, trace: request.id }, 'a request failed by a defect');
    if (guesses.has(error.code)) gate.refused(request.ip);
    const { http } = error.definition;
    if (http === 401) reply.header('www-authenticate', challenge);
    if (http === 429) reply.header('retry-after', String(error.facts['seconds'] ?? 60));
    return sendError(reply, error);
  });
  app.setNotFoundHandler(async (request) => {
    await gate.identify(arrivalOf(request));
    const path = pathOf(request);
    if (table.has(path)) throw new GantryError('API_METHOD_UNSUPPORTED', { method: request.method, path });
    const bare = path.replace(/\/$/, '');
    const close = path.length > longestPath ? undefined : closestName(withoutVersion(bare), paths.map(withoutVersion));
    const meant = table.has(bare) ? bare : paths.find((one) => withoutVersion(one) === close);
    throw new GantryError('API_PATH_UNKNOWN', { path, ...(meant && { did_you_mean: meant }) });
  });
}

/** One line a request, with the user, without bodies and query parameters. */
function logRequests(app: FastifyInstance, { services: { log }, requestMetrics }: ApiContext): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { method, ip } = request;
    if (request.is404) requestMetrics.elsewhere.answered(reply.statusCode, reply.elapsedTime);
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    log.info(
      {
        method,
        path: pathOf(request).slice(0, longestPath),
        status: reply.statusCode,
        ms,
        user: userOf(request).name,
        ip,
        trace: request.id,
      },
      'request',
    );
    done();
  });
}

function addRoute(app: FastifyInstance, context: ApiContext, gate: Gate, route: Route, guard: ConnectionGuard): void {
  const counts = context.requestMetrics.route(route);
  app.route({
    onResponse: (_, reply, done) => {
      counts.answered(reply.statusCode, reply.elapsedTime);
      done();
    },
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    schema: schemaOf(route),
    ...(route.bodyCheckedByHandler && {
      validatorCompiler: (part) => (part.httpPart === 'body' ? (value: unknown) => ({ value }) : checkRequest(part as never)),
    }),
    onRequest: async (request) => {
      if (route.permission === 'public') return gate.admit(arrivalOf(request));
      const user = await gate.identify(arrivalOf(request));
      users.set(request, user);
      guard.trust(request.raw.socket);
      await gate.permit(user, route, (request.params ?? emptyParams) as Record<string, string>, request.id);
    },
    handler: async (request, reply) => {
      const user = userOf(request);
      const value = await route.handle(
        {
          user,
          operation: operationContext({ trace: request.id, user: user.name, log: context.services.log }),
          params: (request.params ?? emptyParams) as Record<string, string>,
          query: (request.query ?? emptyParams) as Record<string, unknown>,
          body: request.body,
          headers: request.headers,
          from: request.socket.remoteAddress ?? '',
          get signal() {
            return untilGone(reply);
          },
        },
        context,
      );
      // It may have stood still while it answered; what it knew is told only while it leads for certain.
      if (route.method === 'GET' && route.permission !== 'public' && !route.standby) context.requireLead();
      return answer(request, reply, value);
    },
  });
}

/**
 * Aborted when the client has gone. That of the request itself is aborted as soon as a body was read, and with it every wait of
 * Ganeti's client ended at once.
 */
function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  if (reply.raw.closed) gone.abort();
  else reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

/** Whether a list of entity tags has this one; proxies make them weak. */
const names = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some((word) => word.trim() === '*' || word.trim().replace(/^W\//, '') === etag);

function answer(request: FastifyRequest, reply: FastifyReply, value: unknown): FastifyReply {
  reply
    .headers(commonHeaders)
    .header(traceHeader, request.id)
    .type(value instanceof Reply ? value.type : json);
  // Fastify adds a character set to strings, which Ganeti does not send.
  if (!(value instanceof Reply)) return reply.send(Buffer.from(redactSealedJson(JSON.stringify(value ?? null))));
  if (value.etag !== undefined) {
    reply.header('etag', value.etag).header('cache-control', 'private, no-cache');
    if (names(request.headers['if-none-match'], value.etag)) return reply.code(304).send();
  }
  if (!value.packs) return reply.send(value.body);
  reply.header('vary', 'accept, accept-encoding');
  if (!wantsGzip(request.headers['accept-encoding'])) return reply.send(value.body);
  return reply.header('content-encoding', 'gzip').send(gzipBody(value.body));
}

/** The published description of the API. */
function openapiRoute(app: FastifyInstance): Route {
  let text: Reply | undefined;
  return {
    method: 'GET',
    path: '/openapi.json',
    tag: 'server',
    summary: 'This description',
    permission: 'server:read',
    handle: () => (text ??= new Reply(JSON.stringify(openapiPage({ ...app.swagger() })))),
  };
}

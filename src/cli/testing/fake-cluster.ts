import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** A request as the server got it. */
export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: unknown;
}

/** Answers a request: the JSON of the answer, a refusal, or undefined for 404. */
export type Handler = (request: SeenRequest, signal: AbortSignal) => unknown;

export class Refusal {
  readonly status: number;
  readonly body: unknown;
  constructor(status: number, body: unknown) {
    this.status = status;
    this.body = body;
  }
}

/** A small HTTPS server that speaks the documented replies, and the files with which a client finds it. */
export interface FakeCluster {
  readonly server: Server;
  readonly url: string;
  /** HOME for the client, with nothing in it but the files below. */
  readonly home: string;
  readonly caFile: string;
  readonly credentialsFile: string;
  readonly seen: SeenRequest[];
  /** Environment with which the command line finds this cluster. */
  readonly env: Record<string, string>;
  /** Sets the answer for `GET /2/info`, or for `GET *` when no other fits. */
  on(request: string, handler: Handler): void;
  close(): Promise<void>;
}

const user = 'tester';
const password = 'a-secret';

const sample = (name: string): unknown => JSON.parse(readFileSync(new URL(`../testdata/${name}.json`, import.meta.url), 'utf8'));

/** @param lists instead of the captured ones */
export async function startFakeCluster(lists: Readonly<Record<string, Record<string, unknown>[]>> = {}): Promise<FakeCluster> {
  const { key, cert } = await selfSigned();
  const handlers = new Map<string, Handler>(samples(lists));
  const seen: SeenRequest[] = [];
  const server = createServer({ key, cert }, (request, response) => {
    answer(request, response, handlers, seen).catch((error) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const home = await mkdtemp(join(tmpdir(), 'gantry-cli-'));
  const caFile = join(home, 'ca.pem');
  const credentialsFile = join(home, 'credentials');
  await writeFile(caFile, cert);
  await writeFile(credentialsFile, `${user} ${password}\n`, { mode: 0o600 });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    server,
    url,
    home,
    caFile,
    credentialsFile,
    seen,
    env: { HOME: home, GANTRY_URL: url, GANTRY_CA_FILE: caFile, GANTRY_CREDENTIALS_FILE: credentialsFile },
    on: (request, handler) => handlers.set(request, handler),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(home, { recursive: true });
    },
  };
}

/** The cluster of the captured replies: lists, and each object of them. */
function samples(given: Parameters<typeof startFakeCluster>[0] = {}): [string, Handler][] {
  const lists = ['instances', 'nodes', 'groups', 'networks', 'jobs'].flatMap((kind): [string, Handler][] => {
    const rows = given[kind] ?? (sample(`${kind}-bulk`) as Record<string, unknown>[]);
    // Ganeti calls the name `name` for groups and networks, and `id` for the others.
    const idField = kind === 'groups' || kind === 'networks' ? 'name' : 'id';
    const names = rows.map((row) => ({ [idField]: row['name'] ?? row['id'], uri: `/2/${kind}` }));
    const each = rows.map((row): [string, Handler] => [`GET /2/${kind}/${String(row['name'] ?? row['id'])}`, () => row]);
    const query: Handler = ({ body }) => queryReply(rows, body as { fields: string[]; qfilter: unknown });
    return [[`PUT /2/query/${kind.slice(0, -1)}`, query], [`GET /2/${kind}?bulk=1`, () => rows], [`GET /2/${kind}`, () => names], ...each];
  });
  return [...lists, ['GET /2/info', () => sample('info')], ['GET /2/os', () => ['tiny', 'image+debian']], ['GET /2/tags', () => ['prod']]];
}

/** What the server makes of a filter, for the few operators that the tests of this room need. */
function queryReply(rows: readonly Record<string, unknown>[], { fields, qfilter }: { fields: readonly string[]; qfilter: unknown }) {
  const passes = (row: Record<string, unknown>, filter: unknown): boolean => {
    if (filter === null) return true;
    const [operator, ...args] = filter as [string, ...unknown[]];
    if (operator === '&') return args.every((part) => passes(row, part));
    if (operator === '|') return args.some((part) => passes(row, part));
    if (operator === '!') return !passes(row, args[0]);
    const [actual, wanted] = [row[String(args[0])], args[1]];
    if (operator === '=') return actual === wanted;
    if (operator === '>=') return Number(actual) >= Number(wanted);
    if (operator === '=~') return new RegExp(String(wanted)).test(String(actual));
    throw new Error(`the fake cluster does not know ${operator}`);
  };
  const cell = (row: Record<string, unknown>, name: string) => (name in row ? [0, row[name]] : [1, null]);
  return { data: rows.filter((row) => passes(row, qfilter)).map((row) => fields.map((name) => cell(row, name))) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handlers: ReadonlyMap<string, Handler>,
  seen: SeenRequest[],
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  const text = Buffer.concat(pieces).toString();
  const { method = '', url = '' } = request;
  const asked: SeenRequest = { method, path: url, body: text ? JSON.parse(text) : undefined };
  seen.push(asked);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const send = (status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (request.headers.authorization !== `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`) {
    return send(401, { code: 401, message: 'Unauthorized', explain: 'No permission -- see authorization schemes' });
  }
  const path = url.split('?')[0];
  const handler = handlers.get(`${method} ${url}`) ?? handlers.get(`${method} ${path}`);
  const result = await handler?.(asked, gone.signal);
  if (result === undefined) return send(404, { code: 404, message: 'Not Found', explain: 'Nothing matches the given URI' });
  if (result instanceof Refusal) return send(result.status, result.body);
  send(200, result);
}

async function selfSigned(): Promise<{ key: string; cert: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  x509.cryptoProvider.set(webcrypto);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=fake cluster',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]), new x509.BasicConstraintsExtension(true)],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return { key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`, cert: certificate.toString('pem') };
}

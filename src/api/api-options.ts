import type { Duplex } from 'node:stream';
import type { Authenticator } from '../access/index.ts';
import type { MetricsFormat } from '../base/index.ts';
import type { MasterServices } from '../cluster/index.ts';
import type { ConsoleKind } from '../model/index.ts';
import type { InstanceRows } from './rows/instance-rows.ts';
import type { RequestMetrics } from './server/request-metrics.ts';

/** What the REST server needs beside the services of the master. */
export interface ApiOptions {
  /** Paths of PEM files; read at start and by `reloadTls`. The CA is sent along with the certificate. */
  readonly tls: TlsFiles;
  /** Finds out who sends a request; closed with the server. */
  readonly authenticator: Authenticator;
  /** What `/2/info` tells of the software; default: the version of this build. */
  readonly clusterInfo?: { readonly version: string };
  /** Bytes of a console of a running instance, both ways. */
  readonly openConsole: (nodeUuid: string, instanceUuid: string, kind: ConsoleKind) => Promise<Duplex>;
  /** Throws while it is not certain that this master leads; then it must not answer with what it knows. Default: it leads. */
  readonly requireLead?: () => void;
  readonly limits?: Partial<ApiLimits>;
}

export interface TlsFiles {
  readonly key: string;
  readonly certificate: string;
  readonly ca?: string;
}

export interface ApiLimits {
  readonly bodyBytes: number;
  /** Time to receive a whole request, head and body. */
  readonly requestMs: number;
  /** Time to answer it. */
  readonly handlerMs: number;
  /** Time without a byte in either direction before a connection is cut. */
  readonly idleMs: number;
  readonly connections: number;
  /** Of one client address. */
  readonly connectionsPerAddress: number;
  /** How long one call of a job's `wait` blocks (Ganeti: 10 s). */
  readonly waitMs: number;
  /** Time to say hello by TLS, and to send the head of a request. */
  readonly helloMs: number;
  /** Wrong credentials for one account in a minute, from all addresses. */
  readonly accountRefusalsPerMinute: number;
  /** Wrong credentials that one address may send in a minute. */
  readonly refusalsPerMinute: number;
}

export const defaultLimits: ApiLimits = {
  bodyBytes: 1024 * 1024,
  requestMs: 30_000,
  handlerMs: 60_000,
  idleMs: 75_000,
  connections: 2000,
  connectionsPerAddress: 250,
  helloMs: 10_000,
  accountRefusalsPerMinute: 20,
  waitMs: 10_000,
  refusalsPerMinute: 60,
};

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface ApiServer {
  /** May be called several times; `port` 0 takes a free one. @throws API_LISTEN_FAILED, API_TLS_UNUSABLE */
  listen(where: ListenAddress | { readonly fd: number }): Promise<ListenAddress>;
  /** Whether every listener takes connections. */
  listens(): boolean;
  /** Uses key and certificate as they are on disk now; open connections stay. @throws API_TLS_UNUSABLE */
  reloadTls(): Promise<void>;
  /** Ends every connection and listener. */
  close(): Promise<void>;
}

/** Everything a handler can reach. */
export interface ApiContext {
  readonly services: MasterServices;
  readonly openConsole: ApiOptions['openConsole'];
  readonly requireLead: () => void;
  /** Version of the software. */
  readonly version: string;
  readonly limits: ApiLimits;
  readonly instanceRows: InstanceRows;
  readonly requestMetrics: RequestMetrics;
  readonly metricsPage: (format: MetricsFormat) => Buffer;
}

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Etcd3, GRPCDeadlineExceededError, GRPCUnavailableError, type IOptions, isRecoverableError } from 'etcd3';
import { GantryError } from '../base/index.ts';
import { RestingHosts } from './resting-hosts.ts';
import type { EtcdOptions } from './store.ts';

/**
 * Much shorter than a lease: a member that hangs must not cause the loss of the leadership. Reads of many keys have more time,
 * because their answers are large.
 */
const callTimeoutMs = { one: 2000, many: 4000 } as const;
/** A member that did not answer is not used for this time; the others are asked instead. */
const restMs = 5000;
const defaultPatienceMs = 5_000;
const pauseMs = 100;

/**
 * A client that repeats a request only if it certainly was not carried out: a repeated transaction could fail because of our own
 * earlier success.
 */
export function etcdClient({ hosts, tls, patienceMs = defaultPatienceMs }: EtcdOptions): Etcd3 {
  const resting = new RestingHosts(
    hosts.map((host) => urlOf(host, tls)),
    restMs,
  );
  const options: IOptions = {
    hosts: hosts.map((host) => urlOf(host, tls)),
    grpcOptions: {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      // etcd takes no more than one ping in 5 s.
      'grpc.keepalive_time_ms': 6000,
      'grpc.keepalive_timeout_ms': 2000,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
    },
    faultHandling: {
      host: (host) => policy((call) => resting.call(host, call, isSilence)),
      global: policy((call) => repeatWhile(neverReached, call, patienceMs)),
    },
    defaultCallOptions: ({ isStream, method }) =>
      isStream ? {} : { deadline: Date.now() + (method === 'range' ? callTimeoutMs.many : callTimeoutMs.one) },
  };
  if (tls) options.credentials = credentials(tls);
  return new Etcd3(options);
}

const urlOf = (host: string, tls: EtcdOptions['tls']): string => `${tls ? 'https' : 'http'}://${host}`;

/** The member did not answer in time, or there is no way to it. */
const isSilence = (error: unknown): boolean => error instanceof GRPCDeadlineExceededError || error instanceof GRPCUnavailableError;

/** Repeats a call that only reads. */
export function repeatRead<T>(call: () => Promise<T>, patienceMs = defaultPatienceMs): Promise<T> {
  // What never reached a server was repeated by the client already.
  return repeatWhile((error) => isRecoverableError(error) && !neverReached(error), call, patienceMs);
}

/** A failure of etcd or of the connection as an error of the catalogue; defects pass unchanged. */
export function etcdError(thrown: unknown, store: string): unknown {
  if (thrown instanceof GantryError || !(thrown instanceof Error)) return thrown;
  const detail = thrown.message;
  if (detail.includes('requested lease not found')) return new GantryError('STORE_LEASE_UNKNOWN', { lease: '(named in the change)' });
  if (detail.includes('database space exceeded')) return new GantryError('STORE_FULL', { store, detail }, { cause: thrown });
  return isEtcdFailure(thrown) ? new GantryError('STORE_UNAVAILABLE', { store, detail }, { cause: thrown }) : thrown;
}

/** True for what the servers or the connection did, false for our own defects. */
export function isEtcdFailure(error: unknown): boolean {
  return error instanceof Error && (/^(GRPC|Etcd|ClientClosed)/.test(error.constructor.name) || 'code' in error);
}

async function repeatWhile<T>(again: (error: Error) => boolean, call: () => PromiseLike<T> | T, patienceMs: number): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Error) || !again(error) || performance.now() > deadline) throw error;
    }
    await sleep(pauseMs);
  }
}

/** True when no server can have begun to carry out the call. */
function neverReached(error: Error): boolean {
  return (
    error instanceof GRPCUnavailableError && /No connection established|Name resolution failed|etcdserver: no leader/.test(error.message)
  );
}

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

/** The part of a fault-handling policy that the client library uses. */
function policy(execute: <T>(call: () => PromiseLike<T> | T) => PromiseLike<T> | T): Policy {
  const silent = () => ({ dispose() {} });
  const context = { signal: new AbortController().signal };
  return {
    _altReturn: undefined as never,
    onSuccess: silent,
    onFailure: silent,
    execute: async (call) => execute(() => call(context)),
  };
}

function credentials(tls: NonNullable<EtcdOptions['tls']>): NonNullable<IOptions['credentials']> {
  const rootCertificate = readPem(tls.ca);
  if (!tls.cert || !tls.key) return { rootCertificate };
  return { rootCertificate, certChain: readPem(tls.cert), privateKey: readPem(tls.key) };
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new GantryError(
      'STORE_URL_INVALID',
      { url: path, problem: `the file cannot be read: ${(error as Error).message}` },
      { cause: error },
    );
  }
}

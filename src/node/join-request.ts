import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { type ErrorReport, GantryError } from '../base/index.ts';
import { certificateFingerprint, certificateIdentity, type JoinToken } from '../rpc/index.ts';

/** A REST API that proved to belong to the cluster of the token. */
export interface FoundMaster {
  /** `host:port`. */
  readonly address: string;
  /** The cluster's CA, PEM. */
  readonly ca: string;
}

const patienceMs = 10_000;

/**
 * Looks for a server that shows the CA which the token names. Nothing is sent to it.
 * @throws JOIN_MASTER_UNREACHABLE when none answers, JOIN_CA_WRONG when another answers
 */
export async function findMaster(token: JoinToken): Promise<FoundMaster> {
  const problems: string[] = [];
  for (const address of token.master) {
    const chain = await readChain(address).catch((error: Error) => {
      problems.push(`${address}: ${error.message}`);
    });
    if (!chain) continue;
    const ca = chain.find((certificate) => certificateFingerprint(certificate) === token.ca_sha256);
    if (!ca) throw new GantryError('JOIN_CA_WRONG', { address, problem: 'its certificate comes from another CA' });
    return { address, ca: `${ca.toString().trim()}\n` };
  }
  throw new GantryError('JOIN_MASTER_UNREACHABLE', { addresses: token.master.join(', '), problem: problems.join('; ') });
}

/** The certificates that a server shows, its own first. They are only compared, not believed. */
function readChain(address: string): Promise<X509Certificate[]> {
  const { host, port } = hostAndPort(address);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false, minVersion: 'TLSv1.3', timeout: patienceMs }, () => {
      const chain: X509Certificate[] = [];
      let next = socket.getPeerX509Certificate();
      while (next && chain.length < 5) {
        chain.push(next);
        next = next.issuerCertificate;
      }
      socket.destroy();
      resolve(chain);
    });
    socket.on('timeout', () => socket.destroy(new Error(`no answer within ${patienceMs / 1000} s`)));
    socket.on('error', reject);
  });
}

/**
 * Sends the request to join, over a connection that the CA of the cluster has certified.
 * @throws JOIN_CA_WRONG, JOIN_CLOCK_WRONG, JOIN_MASTER_UNREACHABLE, JOIN_FAILED, or what the master reports
 */
export async function askToJoin({ address, ca }: FoundMaster, body: Record<string, unknown>): Promise<unknown> {
  const { status, answer } = await post(address, ca, JSON.stringify(body));
  let value: unknown;
  try {
    value = JSON.parse(answer);
  } catch (error) {
    throw new GantryError('JOIN_FAILED', { address, problem: `status ${status} and no JSON` }, { cause: error });
  }
  if (status === 200) return value;
  const { error, message } = value as { error?: ErrorReport; message?: unknown };
  if (typeof error?.code === 'string') throw GantryError.fromReport(error);
  throw new GantryError('JOIN_FAILED', { address, problem: `status ${status}: ${String(message)}` });
}

function post(address: string, ca: string, body: string): Promise<{ status: number; answer: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...hostAndPort(address),
        method: 'POST',
        path: '/2/nodes/join',
        agent: false,
        ca,
        minVersion: 'TLSv1.3',
        // The CA makes such certificates for the REST API alone; the address may be one that it did not know.
        checkServerIdentity: (_host, peer) =>
          certificateIdentity(new X509Certificate(peer.raw)).role === 'server' ? undefined : new Error('it is not the REST API'),
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        timeout: 12 * patienceMs,
      },
      (response) => {
        text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (/^(CERT_NOT_YET_VALID|CERT_HAS_EXPIRED)$/.test(error.code ?? '')) {
        const facts = { address, problem: error.message, now: new Date().toISOString() };
        return reject(new GantryError('JOIN_CLOCK_WRONG', facts, { cause: error }));
      }
      const isNetwork = /^E(CONN|HOST|NET|PIPE|TIMEDOUT)/.test(error.code ?? '') || error.message === 'no answer';
      const facts = { address, addresses: address, problem: error.message };
      reject(new GantryError(isNetwork ? 'JOIN_MASTER_UNREACHABLE' : 'JOIN_CA_WRONG', facts, { cause: error }));
    });
    sent.end(body);
  });
}

/** @throws JOIN_TOKEN_MALFORMED */
function hostAndPort(address: string): { host: string; port: number } {
  const match = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(address);
  if (!match?.[1]) throw new GantryError('JOIN_TOKEN_MALFORMED', { problem: 'it has an address without a port' });
  return { host: match[1], port: Number(match[2]) };
}

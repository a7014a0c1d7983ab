import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { principalOfJob, storedPrincipal } from '../access/index.ts';
import { type Clock, GantryError, type Log } from '../base/index.ts';
import type { JobQueue } from '../jobs/index.ts';
import { hasJoined, type JobPrincipal, keys, type Node } from '../model/index.ts';
import type { Config, ConfigSnapshot, Leadership, Store } from '../store/index.ts';
import type { JoinAuthority } from './join-authority.ts';
import type { JoinService } from './join-service.ts';
import { fencedOut } from './lib/fenced-ends-term.ts';
import { findGroup, requireFreeName } from './lib/find-object.ts';
import { jobEnd } from './lib/job-end.ts';
import { checkJoinAddress, checkTokenAddresses } from './lib/nodes/join-address.ts';
import { type RevocationDistributor, recordCertificate } from './revocation-distributor.ts';

export interface JoinServiceOptions {
  readonly store: Store;
  readonly leadership: Pick<Leadership, 'compare' | 'rider' | 'lose'>;
  readonly config: Config;
  readonly jobs: JobQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly authority: JoinAuthority;
  readonly revocations: Pick<RevocationDistributor, 'current'>;
}

interface StoredToken {
  readonly secret_sha256: string;
  readonly node_name: string;
  readonly group: string | null;
  readonly expires_at: number;
  /** Absent in tokens of an earlier version. */
  readonly created_at?: number;
  readonly user: string;
  /** Absent in tokens of an earlier version. */
  readonly principal?: JobPrincipal;
  /** Of the public key that used it first; null until then. */
  readonly key_fingerprint: string | null;
  /** IPv4 addresses and networks of which the node may have one; none: only the address that it joins from. */
  readonly addresses?: readonly string[];
}

/**
 * The node that is configured under this name and has not joined yet, if there is one.
 * @throws NAME_TAKEN, OBJECT_UNKNOWN; INPUT_INVALID when it is configured in another group
 */
function awaited(config: ConfigSnapshot, name: string, group: string | undefined): Node | undefined {
  const wanted = group ? findGroup(config, group).uuid : undefined;
  const node = config.nodes.find(name);
  if (!node || hasJoined(node)) {
    requireFreeName(config, 'node', name);
    return undefined;
  }
  if (wanted === undefined || wanted === node.group) return node;
  const problem = `the node is configured in the group ${config.groups.get(node.group)?.name}`;
  throw new GantryError('INPUT_INVALID', { subject: 'join token', field: 'group', problem });
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

export function createJoinService(options: JoinServiceOptions): JoinService {
  const { store, leadership, config, jobs, clock, log, authority, revocations } = options;
  const fence = leadership.compare;

  const refused = (id: string, reason: string) => {
    log.warn({ tokenId: id, reason }, 'a join token was refused');
    return new GantryError('JOIN_TOKEN_INVALID');
  };

  /** @throws JOIN_TOKEN_INVALID */
  async function check(id: string, secret: string): Promise<{ token: StoredToken; modRevision: number }> {
    const entry = await store.get(keys.joinToken(id));
    if (!entry) throw refused(id, 'unknown');
    const token = JSON.parse(entry.value) as StoredToken;
    if (!timingSafeEqual(Buffer.from(sha256(secret)), Buffer.from(token.secret_sha256))) throw refused(id, 'wrong secret');
    if (token.expires_at < clock.now() / 1000) throw refused(id, 'expired');
    return { token, modRevision: entry.modRevision };
  }

  /**
   * From its first use on a token is good for one key alone. The same node may come again with it when an answer was lost
   * or the master died; nobody else can. @throws JOIN_TOKEN_INVALID
   */
  async function bind(id: string, { token, modRevision }: Awaited<ReturnType<typeof check>>, fingerprint: string): Promise<void> {
    if (token.key_fingerprint === fingerprint) return;
    if (token.key_fingerprint !== null) throw refused(id, 'used with another key');
    const bound: StoredToken = { ...token, key_fingerprint: fingerprint };
    const { committed } = await store.transact({
      compares: [fence, { key: keys.joinToken(id), modRevision }],
      writes: [{ type: 'put', key: keys.joinToken(id), value: JSON.stringify(bound) }],
    });
    if (committed) return;
    if ((await store.get(fence.key))?.modRevision !== fence.modRevision) throw fencedOut(leadership);
    throw refused(id, 'used by another request at the same time');
  }

  /** A node that was removed stays out, although its token is good for some time yet. @throws JOIN_TOKEN_INVALID */
  function requireNotRemoved(id: string, { created_at = 0 }: StoredToken, fingerprint: string): void {
    const revoked = Object.values(config.current.cluster.revoked_certificates ?? {});
    if (revoked.some(({ key, at }) => key === fingerprint && at >= created_at)) throw refused(id, 'its node was removed');
  }

  async function forgetExpired(): Promise<void> {
    const { entries } = await store.range(keys.joinTokens);
    const expired = entries.filter(({ value }) => (JSON.parse(value) as StoredToken).expires_at < clock.now() / 1000).slice(0, 100);
    if (expired.length > 0) await store.transact({ compares: [fence], writes: expired.map(({ key }) => ({ type: 'delete', key })) });
  }

  async function register(
    token: StoredToken,
    request: Parameters<JoinService['join']>[0],
    { fingerprint, serial, expires }: Awaited<ReturnType<JoinAuthority['signNode']>>,
  ): Promise<number> {
    const op = {
      OP_ID: 'OP_NODE_ADD',
      node_name: token.node_name,
      primary_ip: request.primaryIp,
      secondary_ip: request.secondaryIp,
      agent_port: request.agentPort,
      certificate_fingerprint: fingerprint,
      certificates: [{ serial, expires }],
      ...(token.group && { group: token.group }),
    };
    const jobId = await jobs.submit([op], principalOfJob(token));
    await jobEnd(jobs, jobId);
    return jobId;
  }

  return {
    async createToken({ nodeName, group, ttlSeconds, by, addresses = [] }) {
      checkTokenAddresses(config.current, addresses);
      const configured = awaited(config.current, nodeName, group);
      const allowed = addresses.length > 0 || !configured ? addresses : [...new Set([configured.primary_ip, configured.secondary_ip])];
      await forgetExpired();
      const id = randomUUID();
      const secret = randomBytes(32).toString('base64url');
      const createdAt = clock.now() / 1000;
      const expiresAt = createdAt + ttlSeconds;
      const stored: StoredToken = {
        secret_sha256: sha256(secret),
        node_name: nodeName,
        group: group ?? null,
        expires_at: expiresAt,
        created_at: createdAt,
        user: by.name,
        principal: storedPrincipal(by),
        key_fingerprint: null,
        addresses: allowed,
      };
      const put = { type: 'put', key: keys.joinToken(id), value: JSON.stringify(stored) } as const;
      const { committed } = await store.transact({ compares: [fence], writes: [put] });
      if (!committed) throw fencedOut(leadership);
      log.info({ tokenId: id, node: nodeName, user: by.name }, 'join token made');
      return { token: authority.encodeToken({ id, secret, node: nodeName }), expiresAt };
    },

    async join(request) {
      const found = await check(request.tokenId, request.secret);
      const name = found.token.node_name;
      const addresses = [...new Set([request.primaryIp, request.secondaryIp])];
      for (const address of addresses)
        checkJoinAddress(config.current, { name, address, from: request.from, allowed: found.token.addresses ?? [] });
      const signed = await authority.signNode(request.csr, { name, addresses });
      requireNotRemoved(request.tokenId, found.token, signed.fingerprint);
      await bind(request.tokenId, found, signed.fingerprint);
      const known = config.current.nodes.find(name);
      const isKnown = known?.certificate_fingerprint === signed.fingerprint;
      // Before it is handed over, so that it can be revoked whatever happens next.
      if (isKnown) await recordCertificate(config, leadership, known.uuid, signed, clock.now() / 1000);
      const jobId = isKnown ? 0 : await register(found.token, request, signed);
      const node = config.current.nodes.find(name);
      if (!node) throw new GantryError('INTERNAL', { detail: `node ${name} was registered but is not configured` });
      return { nodeUuid: node.uuid, certificate: signed.certificate, ca: authority.ca, crl: await revocations.current(), jobId };
    },
  };
}

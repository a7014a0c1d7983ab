import { principalOfJob, storedPrincipal } from '../access/index.ts';
import { type Clock, GantryError, type Log } from '../base/index.ts';
import type { JobQueue } from '../jobs/index.ts';
import { hasJoined, type Node } from '../model/index.ts';
import type { Config, ConfigSnapshot, Leadership } from '../store/index.ts';
import type { JoinAuthority } from './join-authority.ts';
import type { JoinService } from './join-service.ts';
import type { JoinTokens, StoredToken } from './join-tokens.ts';
import { findGroup, requireFreeName } from './lib/find-object.ts';
import { jobEnd } from './lib/job-end.ts';
import { checkJoinAddress, checkTokenAddresses } from './lib/nodes/join-address.ts';
import { requireNewKey } from './lib/nodes/require-new-key.ts';
import { type RevocationDistributor, recordCertificate } from './revocation-distributor.ts';

export interface JoinServiceOptions {
  readonly tokens: JoinTokens;
  readonly leadership: Pick<Leadership, 'rider'>;
  readonly config: Config;
  readonly jobs: JobQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly authority: JoinAuthority;
  readonly revocations: Pick<RevocationDistributor, 'current'>;
}

/**
 * The node that is configured under this name and has not joined yet, if there is one.
 * @throws NAME_TAKEN, OBJECT_UNKNOWN; INPUT_INVALID when it is configured in another group, or its name is written in another way
 */
function awaited(config: ConfigSnapshot, name: string, group: string | undefined): Node | undefined {
  const wanted = group ? findGroup(config, group).uuid : undefined;
  const node = config.nodes.find(name);
  if (!node || hasJoined(node)) {
    requireFreeName(config, 'node', name);
    return undefined;
  }
  const invalid = (field: string, problem: string) => new GantryError('INPUT_INVALID', { subject: 'join token', field, problem });
  // It would be certified under a name that is not that of the node.
  if (node.name !== name) throw invalid('node_name', `the node is configured as ${node.name}; write it in the same way`);
  if (wanted === undefined || wanted === node.group) return node;
  throw invalid('group', `the node is configured in the group ${config.groups.get(node.group)?.name}`);
}

export function createJoinService(options: JoinServiceOptions): JoinService {
  const { tokens, leadership, config, jobs, clock, log, authority, revocations } = options;
  /** Names under which keys are joining at this moment. */
  const joining = new Map<string, string>();

  /**
   * A node that was removed stays out, although its token is good for some time yet; and a token for a new node is not one for
   * a node that somebody has configured since. @throws JOIN_TOKEN_INVALID
   */
  function requireSameNode(id: string, { created_at = 0, node_name: name, node, group_uuid }: StoredToken, fingerprint: string): void {
    const { cluster, nodes, groups } = config.current;
    const revoked = Object.values(cluster.revoked_certificates ?? {});
    if (revoked.some(({ key, at }) => key === fingerprint && at >= created_at)) throw tokens.refused(id, 'its node was removed');
    const present = nodes.find(name);
    if (node && present?.uuid !== node) throw tokens.refused(id, 'its node was removed');
    if (node === null && present && !hasJoined(present)) throw tokens.refused(id, 'its node was configured later');
    if (group_uuid && !groups.get(group_uuid)) throw tokens.refused(id, 'its node group was removed');
  }

  /** One key is one node, also while two requests are on their way. @throws JOIN_KEY_TAKEN */
  async function withKey<T>(fingerprint: string, name: string, work: () => Promise<T>): Promise<T> {
    const other = joining.get(fingerprint);
    if (other !== undefined && other !== name) throw new GantryError('JOIN_KEY_TAKEN', { name, other });
    requireNewKey(config.current, fingerprint, name);
    joining.set(fingerprint, name);
    try {
      return await work();
    } finally {
      joining.delete(fingerprint);
    }
  }

  async function register(
    token: StoredToken,
    request: Parameters<JoinService['join']>[0],
    { fingerprint, serial, expires }: Awaited<ReturnType<JoinAuthority['signNode']>>,
  ): Promise<number> {
    const group = token.group_uuid ? config.current.groups.get(token.group_uuid)?.name : token.group;
    const op = {
      OP_ID: 'OP_NODE_ADD',
      node_name: token.node_name,
      primary_ip: request.primaryIp,
      secondary_ip: request.secondaryIp,
      agent_port: request.agentPort,
      certificate_fingerprint: fingerprint,
      certificates: [{ serial, expires }],
      ...(group && { group }),
      ...(token.node && { configured_uuid: token.node }),
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
      const createdAt = clock.now() / 1000;
      const expiresAt = createdAt + ttlSeconds;
      const { id, secret } = await tokens.add({
        node_name: nodeName,
        node: configured?.uuid ?? null,
        group: group ?? null,
        group_uuid: group ? findGroup(config.current, group).uuid : null,
        expires_at: expiresAt,
        created_at: createdAt,
        user: by.name,
        principal: storedPrincipal(by),
        addresses: allowed,
      });
      log.info({ tokenId: id, node: nodeName, user: by.name }, 'join token made');
      return { token: authority.encodeToken({ id, secret, node: nodeName }), expiresAt };
    },

    async join(request) {
      const found = await tokens.check(request.tokenId, request.secret);
      const name = found.token.node_name;
      const addresses = [...new Set([request.primaryIp, request.secondaryIp])];
      for (const address of addresses)
        checkJoinAddress(config.current, { name, address, from: request.from, allowed: found.token.addresses ?? [] });
      const signed = await authority.signNode(request.csr, { name, addresses });
      requireSameNode(request.tokenId, found.token, signed.fingerprint);
      return withKey(signed.fingerprint, name, async () => {
        await tokens.bind(request.tokenId, found, signed.fingerprint);
        const known = config.current.nodes.find(name);
        const isKnown = known?.certificate_fingerprint === signed.fingerprint;
        // Before it is handed over, so that it can be revoked whatever happens next.
        if (isKnown) await recordCertificate(config, leadership, known.uuid, signed, clock.now() / 1000);
        const jobId = isKnown ? 0 : await register(found.token, request, signed);
        const node = config.current.nodes.find(name);
        if (!node) throw new GantryError('INTERNAL', { detail: `node ${name} was registered but is not configured` });
        return { nodeUuid: node.uuid, certificate: signed.certificate, ca: authority.ca, crl: await revocations.current(), jobId };
      });
    },
  };
}

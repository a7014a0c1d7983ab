import { type Clock, GantryError, type Log } from '../base/index.ts';
import type { NodeCaller } from '../rpc/index.ts';
import type { Config, Leadership } from '../store/index.ts';
import type { JoinAuthority } from './join-authority.ts';
import type { LiveState } from './live-state.ts';
import { type RevocationDistributor, recordCertificate } from './revocation-distributor.ts';

export interface CertificateRenewerOptions {
  readonly config: Config;
  readonly nodes: NodeCaller;
  readonly live: LiveState;
  readonly leadership: Pick<Leadership, 'rider'>;
  readonly authority: JoinAuthority;
  readonly revocations: Pick<RevocationDistributor, 'current'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A certificate is renewed when it has less than this left: a third of the year for which it is signed. */
const renewBeforeSeconds = 120 * 86_400;

/**
 * Gives every node that answers a new certificate in time. The node's key, and so its registered fingerprint, stays. A node that
 * fails keeps its old one and is tried again in the next round.
 */
export class CertificateRenewer {
  readonly #options: CertificateRenewerOptions;

  constructor(options: CertificateRenewerOptions) {
    this.#options = options;
  }

  /** Renews what is due; returns the names of the nodes that got a new certificate. */
  async look(): Promise<string[]> {
    const { config, live, clock, log } = this.#options;
    const now = clock.now() / 1000;
    const renewed: string[] = [];
    for (const node of config.current.nodes.values()) {
      const report = live.node(node.uuid);
      const expires = report?.info.certificate_expires;
      if (!report || report.stale || expires === undefined || expires - now > renewBeforeSeconds) continue;
      try {
        await this.#renew(node.uuid, node.name, [...new Set([node.primary_ip, node.secondary_ip])], now);
        renewed.push(node.name);
        log.info({ node: node.name }, 'certificate renewed');
      } catch (error) {
        log.warn({ node: node.name, error: GantryError.from(error).toReport() }, 'certificate could not be renewed; it is tried again');
      }
    }
    return renewed;
  }

  async #renew(uuid: string, name: string, addresses: readonly string[], now: number): Promise<void> {
    const { config, leadership, nodes, authority, revocations, live } = this.#options;
    const { csr } = await nodes.call(uuid, 'certificate-request', {});
    const { certificate, fingerprint, serial, expires } = await authority.signNode(csr, { name, addresses });
    // A node renews the certificate of its registered key, no other.
    const registered = config.current.nodes.get(uuid)?.certificate_fingerprint;
    if (fingerprint !== registered)
      throw new GantryError('NODE_IDENTITY_WRONG', {
        node: name,
        address: addresses[0] ?? '',
        problem: 'it asks for a certificate of another key',
      });
    // Recorded before it is handed over, so that it can be revoked whatever happens next.
    await recordCertificate(config, leadership, uuid, { serial, expires }, now);
    const files = { certificate, ca: authority.ca, crl: await revocations.current() };
    await nodes.call(uuid, 'certificate-install', files, { stepId: `certificate/${uuid}/${Math.round(now)}` });
    await live.refresh(uuid);
  }
}

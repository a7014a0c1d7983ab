import { createHash } from 'node:crypto';
import { type Clock, GantryError, type Log } from '../base/index.ts';
import type { Cluster, Node, SignedCertificateRecord } from '../model/index.ts';
import { type NodeCaller, plainSerial } from '../rpc/index.ts';
import type { Config, Leadership } from '../store/index.ts';
import type { JoinAuthority } from './join-authority.ts';
import type { LiveState } from './live-state.ts';

export interface RevocationDistributorOptions {
  readonly config: Config;
  readonly leadership: Pick<Leadership, 'rider'>;
  readonly nodes: NodeCaller;
  readonly live: () => LiveState;
  readonly authority: JoinAuthority;
  readonly clock: Clock;
  readonly log: Log;
}

/** No certificate of a node is valid for longer. */
const longestSeconds = 400 * 86_400;

/** Milliseconds for a node to take the list; whoever does not answer gets it with its next report. */
const patienceMs = 5_000;

/**
 * Keeps the list of revoked certificates and gives it to every node and to this master: at once when it changes, and to a
 * node that reports that it has another one. The list is made from the configuration, so each master makes the same.
 */
export class RevocationDistributor {
  readonly #options: RevocationDistributorOptions;
  readonly #under = new Set<string>();
  /** What is on its way to each node. */
  readonly #sending = new Map<string, Promise<boolean>>();
  #made: { readonly serials: string; readonly crl: Promise<string> } | undefined;

  constructor(options: RevocationDistributorOptions) {
    this.#options = options;
  }

  /** The list as it should be. The same text until what it lists changes. */
  current(): Promise<string> {
    const revoked = Object.entries(this.#options.config.current.cluster.revoked_certificates ?? {});
    const serials = JSON.stringify(revoked);
    if (this.#made?.serials !== serials) {
      const entries = revoked.map(([serial, { at }]) => ({ serial, at: at * 1000 }));
      this.#made = { serials, crl: this.#options.authority.revocationList(entries) };
    }
    return this.#made.crl;
  }

  /**
   * What this master has revoked stays so although the store was put back to an earlier state: otherwise a node that was
   * removed since the backup could talk to the others again. The list has no end of a certificate, so one that has ended
   * since may stay listed for longer, which harms nobody. Call it before `use`. It keeps nobody from leading.
   */
  async keepKnown(): Promise<void> {
    const { config, leadership, authority, clock, log } = this.#options;
    try {
      const kept = (await authority.keptRevocations?.()) ?? [];
      const known = new Set(Object.keys(config.current.cluster.revoked_certificates ?? {}).map(plainSerial));
      const lost = kept.filter((serial) => !known.has(serial));
      if (lost.length === 0) return;
      const at = clock.now() / 1000;
      const entries = Object.fromEntries(lost.map((serial) => [serial, { at, expires: at + longestSeconds }]));
      await config.transact(
        (draft) =>
          draft.update('cluster', config.current.cluster.uuid, (old) => ({
            ...old,
            revoked_certificates: { ...old.revoked_certificates, ...entries },
          })),
        () => leadership.rider(),
      );
      log.warn({ serials: lost }, 'certificates that the list of this master has revoked, and the store does not know, stay revoked');
    } catch (error) {
      log.error({ error: GantryError.from(error).toReport() }, 'the revoked certificates that this master knows could not be recorded');
    }
  }

  /** Uses the list in this master; call it before the first node is called. A disk that is full keeps nobody from leading. */
  async use(): Promise<void> {
    try {
      await this.#options.authority.useRevocationList(await this.current());
    } catch (error) {
      this.#options.log.error({ error: GantryError.from(error).toReport() }, 'the list of revoked certificates could not be written');
    }
  }

  /**
   * Tells every node, and one that has just been taken out (UUID), which leaves by it.
   * @returns names of nodes that could not be told; they are, when they answer again
   */
  async spread(departed: string): Promise<string[]> {
    const { config } = this.#options;
    const crl = await this.current();
    const others = [...config.current.nodes.values()].filter(({ offline }) => !offline);
    const told = Promise.all(others.map(async ({ uuid, name }) => ((await this.#send(uuid, crl)) ? [] : [name])));
    // With the new list this master would not speak to the departed node any more.
    await this.#send(departed, crl);
    await this.use();
    return (await told).flat();
  }

  /** Call it after a node has reported. Never rejects: the next report is another chance. */
  async settle(uuid: string): Promise<void> {
    const info = this.#options.live().node(uuid)?.info;
    // An agent of an earlier version does not tell, and would not understand.
    if (info?.revocation_list === undefined || this.#under.has(uuid)) return;
    this.#under.add(uuid);
    try {
      await this.#record(uuid, { serial: info.certificate_serial ?? '', expires: info.certificate_expires ?? 0 });
      const crl = await this.current();
      if (createHash('sha256').update(crl).digest('hex') !== info.revocation_list) await this.#send(uuid, crl);
    } catch (error) {
      this.#options.log.warn(
        { node: uuid, error: GantryError.from(error).toReport() },
        'the list of revoked certificates could not be settled',
      );
    } finally {
      this.#under.delete(uuid);
    }
  }

  /** What a node uses is known, so that it can be revoked: certificates of an earlier version and of the first node were not recorded. */
  async #record(uuid: string, certificate: SignedCertificateRecord): Promise<void> {
    const { config, leadership } = this.#options;
    if (!/^[0-9a-f]{1,64}$/.test(certificate.serial) || !config.current.nodes.get(uuid)) return;
    // One that another node has is not to be revoked with this one.
    if (
      [...config.current.nodes.values()].some(({ certificates = [] }) => certificates.some(({ serial }) => serial === certificate.serial))
    )
      return;
    await recordCertificate(config, leadership, uuid, certificate, this.#options.clock.now() / 1000);
  }

  /** One list after the other: an older one must not arrive behind a newer one. */
  async #send(uuid: string, crl: string): Promise<boolean> {
    const before = this.#sending.get(uuid) ?? Promise.resolve(true);
    const sending = before.then(() => this.#sendNow(uuid, crl));
    this.#sending.set(uuid, sending);
    const isTold = await sending;
    if (this.#sending.get(uuid) === sending) this.#sending.delete(uuid);
    return isTold;
  }

  async #sendNow(uuid: string, crl: string): Promise<boolean> {
    const { nodes, clock, log } = this.#options;
    const stepId = `revocations/${uuid}/${clock.now()}`;
    try {
      await nodes.call(uuid, 'revocation-install', { crl }, { stepId, signal: AbortSignal.timeout(patienceMs) });
      return true;
    } catch (error) {
      log.warn({ node: uuid, error: GantryError.from(error).toReport() }, 'a node has not got the list of revoked certificates yet');
      return false;
    }
  }
}

/** Remembers a certificate that was signed for a node, and forgets those that have ended. */
export async function recordCertificate(
  config: Config,
  leadership: Pick<Leadership, 'rider'>,
  uuid: string,
  { serial: added, expires: until }: SignedCertificateRecord,
  now: number,
): Promise<void> {
  await config.transact(
    (draft) => {
      if (!draft.get('node', uuid)) return;
      draft.update('node', uuid, (old) => {
        const kept = (old.certificates ?? []).filter(({ serial, expires }) => serial !== added && expires > now);
        return { ...old, certificates: [...kept, { serial: added, expires: until }] };
      });
    },
    () => leadership.rider(),
  );
}

/** The cluster's revoked certificates with those of a node that goes; what has ended by itself is left out. */
export function withRevoked(
  cluster: Pick<Cluster, 'revoked_certificates'>,
  { certificates = [], certificate_fingerprint: key }: Pick<Node, 'certificates' | 'certificate_fingerprint'>,
  now: number,
): NonNullable<Cluster['revoked_certificates']> {
  const old = Object.entries(cluster.revoked_certificates ?? {}).filter(([, { expires }]) => expires > now);
  return {
    ...Object.fromEntries(old),
    ...Object.fromEntries(certificates.map(({ serial, expires }) => [serial, { at: now, expires, key }])),
  };
}

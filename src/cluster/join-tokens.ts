import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { type Clock, GantryError, type Log } from '../base/index.ts';
import { type JobPrincipal, keys, type Node } from '../model/index.ts';
import type { Leadership, Store } from '../store/index.ts';
import { fencedOut } from './lib/fenced-ends-term.ts';

export interface StoredToken {
  readonly secret_sha256: string;
  readonly node_name: string;
  /** UUID of the node that was configured under this name; null: none was. Absent in tokens of an earlier version. */
  readonly node?: string | null;
  /** Name, for people. */
  readonly group: string | null;
  /** UUID; absent in tokens of an earlier version. */
  readonly group_uuid?: string | null;
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

export interface FoundToken {
  readonly token: StoredToken;
  readonly modRevision: number;
}

export interface JoinTokensOptions {
  readonly store: Store;
  readonly leadership: Pick<Leadership, 'compare' | 'rider' | 'lose'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Of one transaction. */
const forgottenAtOnce = 100;

/** The join tokens in the store. */
export class JoinTokens {
  readonly #options: JoinTokensOptions;

  constructor(options: JoinTokensOptions) {
    this.#options = options;
  }

  /** @returns id and secret; only a hash of the secret is stored. */
  async add(token: Omit<StoredToken, 'secret_sha256' | 'key_fingerprint'>): Promise<{ readonly id: string; readonly secret: string }> {
    const { store, leadership, clock } = this.#options;
    await this.#forget(({ expires_at }) => expires_at < clock.now() / 1000, forgottenAtOnce);
    const id = randomUUID();
    const secret = randomBytes(32).toString('base64url');
    const stored: StoredToken = { secret_sha256: sha256(secret), ...token, key_fingerprint: null };
    const put = { type: 'put', key: keys.joinToken(id), value: JSON.stringify(stored) } as const;
    const { committed } = await store.transact({ compares: [leadership.compare], writes: [put] });
    if (!committed) throw fencedOut(leadership);
    return { id, secret };
  }

  /** @throws JOIN_TOKEN_INVALID */
  async check(id: string, secret: string): Promise<FoundToken> {
    const { store, clock } = this.#options;
    const entry = await store.get(keys.joinToken(id));
    if (!entry) throw this.refused(id, 'unknown');
    const token = JSON.parse(entry.value) as StoredToken;
    if (!timingSafeEqual(Buffer.from(sha256(secret)), Buffer.from(token.secret_sha256))) throw this.refused(id, 'wrong secret');
    if (token.expires_at < clock.now() / 1000) throw this.refused(id, 'expired');
    return { token, modRevision: entry.modRevision };
  }

  /**
   * From its first use on a token is good for one key alone. The same node may come again with it when an answer was lost
   * or the master died; nobody else can. @throws JOIN_TOKEN_INVALID
   */
  async bind(id: string, { token, modRevision }: FoundToken, fingerprint: string): Promise<void> {
    const { store, leadership } = this.#options;
    const fence = leadership.compare;
    if (token.key_fingerprint === fingerprint) return;
    if (token.key_fingerprint !== null) throw this.refused(id, 'used with another key');
    const bound: StoredToken = { ...token, key_fingerprint: fingerprint };
    const { committed } = await store.transact({
      compares: [fence, { key: keys.joinToken(id), modRevision }],
      writes: [{ type: 'put', key: keys.joinToken(id), value: JSON.stringify(bound) }],
    });
    if (committed) return;
    if ((await store.get(fence.key))?.modRevision !== fence.modRevision) throw fencedOut(leadership);
    throw this.refused(id, 'used by another request at the same time');
  }

  /** A node that is removed takes its tokens with it, so that it cannot come back through one of them. */
  forgetOf({ uuid, name }: Pick<Node, 'uuid' | 'name'>): Promise<void> {
    return this.#forget(({ node, node_name }) => node === uuid || node_name.toLowerCase() === name.toLowerCase());
  }

  /** Why is only logged. */
  refused(id: string, reason: string): GantryError {
    this.#options.log.warn({ tokenId: id, reason }, 'a join token was refused');
    return new GantryError('JOIN_TOKEN_INVALID');
  }

  async #forget(which: (token: StoredToken) => boolean, most = Infinity): Promise<void> {
    const { store, leadership } = this.#options;
    const { entries } = await store.range(keys.joinTokens);
    const found = entries.filter(({ value }) => which(JSON.parse(value) as StoredToken)).slice(0, most);
    for (let from = 0; from < found.length; from += forgottenAtOnce) {
      const writes = found.slice(from, from + forgottenAtOnce).map(({ key }) => ({ type: 'delete', key }) as const);
      const { committed } = await store.transact({ compares: [leadership.compare], writes });
      if (!committed) throw fencedOut(leadership);
    }
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

import { GantryError, type Log } from '../base/index.ts';
import { type Leading, type LeadOptions, lead } from './lead.ts';
import { MasterMetrics } from './master-metrics.ts';
import type { MasterServices } from './master-services.ts';

/** A master over all its terms: it leads whenever it may, and stands by in between. */
export interface MasterTerms {
  /** Of the present term. While this master does not certainly lead, reading one throws what `requireLead` throws. */
  readonly services: MasterServices;
  /** @throws MASTER_STANDS_BY, MASTER_PAUSED, or what keeps this master from leading: STORE_UNAVAILABLE, STORE_FULL, … */
  requireLead(): Leading;
  /** Goes on with terms until the signal aborts; the last one is ended in order. */
  run(): Promise<void>;
}

export interface MasterTermsOptions extends LeadOptions {
  /** Called at the beginning of each term, with the parts of the master at work; what it returns is called at its end. */
  readonly onTerm: (leading: Leading) => Promise<() => void>;
}

const retryMs = { first: 200, most: 5000 } as const;

/** Waits for the first term. @throws what keeps this master from ever leading */
export async function openMasterTerms(options: MasterTermsOptions): Promise<MasterTerms> {
  const terms = new Terms(options);
  await terms.begin();
  return terms;
}

class Terms implements MasterTerms {
  readonly services: MasterServices;
  readonly #options: MasterTermsOptions & { readonly metrics: MasterMetrics };
  readonly #log: Log;
  #leading: Leading | undefined;
  #access: MasterServices['access'] | undefined;
  #endTerm: (() => void) | undefined;
  #reason: GantryError = new GantryError('MASTER_STANDS_BY', { reason: 'it has not led yet' });

  constructor(options: MasterTermsOptions) {
    this.#options = { ...options, metrics: options.metrics ?? new MasterMetrics() };
    this.#log = options.log;
    const need = () => this.requireLead().services;
    const access = () => {
      if (!this.#access) throw this.#reason;
      return this.#access;
    };
    const { clock, log, metrics } = this.#options;
    this.services = {
      clock,
      log,
      metrics,
      // Of the last term while there is none: what is answered then was authorized as it would have been at its end.
      get access() {
        return access();
      },
      get config() {
        return need().config;
      },
      get jobs() {
        return need().jobs;
      },
      get nodes() {
        return need().nodes;
      },
      get live() {
        return need().live;
      },
      get join() {
        return need().join;
      },
    };
  }

  requireLead(): Leading {
    if (!this.#leading) throw this.#reason;
    const doubt = this.#leading.leadership.doubt();
    if (doubt) throw doubt;
    return this.#leading;
  }

  async begin(): Promise<void> {
    const leading = await lead(this.#options);
    try {
      this.#leading = leading;
      this.#access = leading.services.access;
      await leading.start();
      this.#endTerm = await this.#options.onTerm(leading);
    } catch (error) {
      this.#leading = undefined;
      await this.#close(leading);
      throw error;
    }
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    const stopped = Promise.withResolvers<undefined>();
    if (signal.aborted) stopped.resolve(undefined);
    else signal.addEventListener('abort', () => stopped.resolve(undefined), { once: true });
    for (;;) {
      const leading = this.#leading;
      const reason = leading && (await Promise.race([stopped.promise, leading.leadership.lost]));
      if (reason) this.#reason = reason;
      this.#leading = undefined;
      this.#endTerm?.();
      this.#endTerm = undefined;
      if (leading) await this.#close(leading);
      if (signal.aborted) return;
      await this.#beginAgain();
    }
  }

  /** The problem that prevents the next term may go away; until then every caller gets it as the answer. */
  async #beginAgain(): Promise<void> {
    const { clock, signal } = this.#options;
    for (let pause: number = retryMs.first; ; pause = Math.min(pause * 2, retryMs.most)) {
      try {
        return await this.begin();
      } catch (error) {
        if (signal.aborted) return;
        this.#reason = GantryError.from(error);
        this.#log.error({ err: error }, 'this master cannot lead at the moment; it tries again');
        await clock.sleep(pause, signal).catch(() => undefined);
      }
    }
  }

  /** An error at the end of a term must not prevent the next term. */
  async #close(leading: Leading): Promise<void> {
    await leading.close().catch((error: unknown) => this.#log.error({ err: error }, 'a term could not be ended in order'));
  }
}

/** What a host that rests throws in place of a call; the client then asks the next one. */
class HostRests extends Error {}

/**
 * Remembers which hosts did not answer lately, so that calls go to the others first: one that hangs costs one call its
 * time, not every third one. When all of them rest, all are asked.
 */
export class RestingHosts {
  readonly #restMs: number;
  readonly #now: () => number;
  readonly #until = new Map<string, number>();

  constructor(hosts: readonly string[], restMs: number, now: () => number = () => performance.now()) {
    this.#restMs = restMs;
    this.#now = now;
    for (const host of hosts) this.#until.set(host, 0);
  }

  rests(host: string): boolean {
    const now = this.#now();
    if ((this.#until.get(host) ?? 0) <= now) return false;
    return [...this.#until.values()].some((until) => until <= now);
  }

  /** Makes a call of this host, or refuses it unmade. @param isSilence whether an error says that the host does not answer */
  async call<T>(host: string, call: () => PromiseLike<T> | T, isSilence: (error: unknown) => boolean): Promise<T> {
    if (this.rests(host)) throw new HostRests(`${host} did not answer lately`);
    try {
      return await call();
    } catch (error) {
      if (isSilence(error)) this.#until.set(host, this.#now() + this.#restMs);
      throw error;
    }
  }
}

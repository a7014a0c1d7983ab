import type { Config, ConfigSnapshot } from '../../store/index.ts';

/** The newest snapshots of a configuration. They share what did not change between them. */
export class SnapshotHistory {
  readonly #config: Pick<Config, 'current' | 'moved'>;
  readonly #limit: number;
  #snapshots: ConfigSnapshot[];

  constructor(config: Pick<Config, 'current' | 'moved'>, limit: number, signal: AbortSignal) {
    this.#config = config;
    this.#limit = limit;
    this.#snapshots = [config.current];
    // It ends with the signal, or with the configuration; then nothing more can be told of it.
    this.#follow(signal).catch(() => undefined);
  }

  /** A snapshot from which on nothing after a revision is missed; undefined: none is kept that is old enough, or there was never such a revision. */
  at(revision: number): ConfigSnapshot | undefined {
    if (revision > this.#config.current.revision) return undefined;
    return this.#snapshots.findLast((one) => one.revision <= revision);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#config.moved(this.#snapshots.at(-1)?.revision ?? 0, signal);
      this.#snapshots.push(this.#config.current);
      // Half of them go, so that it is seldom that the rest has to move.
      if (this.#snapshots.length > this.#limit) this.#snapshots = this.#snapshots.slice(-Math.ceil(this.#limit / 2));
    }
  }
}

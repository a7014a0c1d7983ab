import { rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../../../base/index.ts';
import { listenPrivately } from './handed-sockets.ts';
import { draftOf } from './instance-files.ts';
import { RecentBytes } from './recent-bytes.ts';

/** So much of what came lately is kept, in memory and in a file. */
export const keptBytes = 64 * 1024;
/** And so much of it is shown to who opens the console. */
const shownBytes = 16 * 1024;
const saveMs = 1000;

export interface SerialLineOptions {
  /** Connection to QEMU's end of the line. */
  readonly guest: Socket;
  /** Where the line is served. */
  readonly console: string;
  /** File that keeps the recent output over a restart of the agent. */
  readonly keep: string;
  /** What is known to have come before. */
  readonly before: Buffer;
  readonly log: Log;
  /** When it is closed and nothing is written any more. */
  readonly onClose: () => void;
}

/**
 * The serial line of one instance, read all the time: what the guest writes goes to those who listen and into memory of
 * fixed size, never anywhere that it could fill. It keeps no process alive.
 */
export class SerialLine {
  readonly #options: SerialLineOptions;
  readonly #recent = new RecentBytes(keptBytes);
  readonly #viewers = new Set<Socket>();
  readonly #slow = new Set<Socket>();
  readonly #server: Server;
  #saveTimer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: SerialLineOptions) {
    this.#options = options;
    const { guest, before } = options;
    this.#recent.push(before);
    this.#server = createServer((viewer) => this.#attach(viewer));
    this.#server.on('error', (err) => options.log.warn({ err, console: options.console }, 'a serial console cannot be served'));
    this.#server.unref();
    guest.unref();
    guest.on('data', (piece: Buffer) => this.#heard(piece));
    guest.on('error', (err) => options.log.debug({ err, console: options.console }, 'a serial line broke'));
    guest.once('close', () => {
      this.close().catch((err: unknown) => options.log.warn({ err }, 'a serial line was not closed in order'));
    });
  }

  async serve(): Promise<void> {
    await listenPrivately(this.#server, this.#options.console);
  }

  /** Lets go of the line; what came is saved. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      clearTimeout(this.#saveTimer);
      // At once, and before another agent can find that nobody serves it: later it would be that one's.
      rmSync(this.#options.console, { force: true });
      this.#options.guest.destroy();
      for (const viewer of this.#viewers) viewer.end();
      this.#server.close();
      this.#saving = this.#saving.then(() => this.#save()).then(this.#options.onClose);
    }
    await this.#saving;
  }

  #attach(viewer: Socket): void {
    const { guest } = this.#options;
    viewer.unref();
    viewer.on('error', () => viewer.destroy());
    viewer.once('close', () => {
      this.#viewers.delete(viewer);
      this.#caughtUp(viewer);
    });
    viewer.on('data', (piece) => {
      if (guest.destroyed || guest.write(piece)) return;
      viewer.pause();
      guest.once('drain', () => viewer.resume());
    });
    viewer.on('drain', () => this.#caughtUp(viewer));
    this.#viewers.add(viewer);
    viewer.write(this.#recent.last(shownBytes));
  }

  #heard(piece: Buffer): void {
    this.#recent.push(piece);
    this.#saveTimer ??= setTimeout(() => {
      this.#saveTimer = undefined;
      this.#saving = this.#saving.then(() => this.#save());
    }, saveMs).unref();
    for (const viewer of this.#viewers) {
      // Who listens gets everything, so the guest waits for him; without listeners it never waits.
      if (!viewer.destroyed && !viewer.write(piece)) this.#slow.add(viewer);
    }
    if (this.#slow.size > 0) this.#options.guest.pause();
  }

  #caughtUp(viewer: Socket): void {
    if (this.#slow.delete(viewer) && this.#slow.size === 0) this.#options.guest.resume();
  }

  async #save(): Promise<void> {
    const { keep, log } = this.#options;
    try {
      await writeFile(draftOf(keep), this.#recent.last(), { mode: 0o600 });
      await rename(draftOf(keep), keep);
    } catch (error) {
      // Its folder goes with the instance.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn({ err: error, keep }, 'the output of a serial line cannot be kept');
    }
  }
}

import { closeSync, existsSync, fdatasync, fdatasyncSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';

/** What was acknowledged last: the revision, and the sum of all entries at it. */
export interface SealedState {
  readonly revision: number;
  readonly total: number;
}

const slotBytes = 64;
const syncMs = 1000;

export const sealFile = (store: string): string => `${store}-seal`;

/**
 * A file beside the database that tells what the database must at least contain. SQLite takes a damaged end of its
 * write-ahead log for the end of the log and says nothing; with the seal such a loss is known when the file is opened.
 *
 * It is written after each commit and before its acknowledgement, so it is never ahead of what the disk has. It has
 * two slots in turn, and is not synced each time: after a power cut it may be a moment behind, which loses nothing.
 */
export class SqliteSeal {
  readonly #fd: number;
  #slot = 0;
  #isDirty = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: string) {
    this.#fd = openSync(sealFile(store), 'r+');
  }

  write(state: SealedState): void {
    this.#slot ^= 1;
    if (!succeeds(() => writeSync(this.#fd, formatSlot(state), this.#slot * slotBytes))) return;
    this.#isDirty = true;
    this.#timer ??= setTimeout(() => this.#sync(), syncMs).unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (this.#isDirty) succeeds(() => fdatasyncSync(this.#fd));
    closeSync(this.#fd);
  }

  #sync(): void {
    this.#isDirty = false;
    fdatasync(this.#fd, () => {
      this.#timer = undefined;
      if (this.#isDirty && !this.#isClosed) this.#timer = setTimeout(() => this.#sync(), syncMs).unref();
    });
  }
}

/** A seal that is behind is allowed; what is wrong with the disk shows at the database itself. */
function succeeds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/** Makes the seal of a new store, or puts an accepted state in place of what is there. Durable when it returns. */
export function makeSeal(store: string, state: SealedState): void {
  const path = sealFile(store);
  const isNew = !existsSync(path);
  const fd = openSync(path, isNew ? 'wx' : 'r+', 0o600);
  try {
    for (const slot of [0, 1]) writeSync(fd, formatSlot(state), slot * slotBytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (isNew) syncDirectory(dirname(path));
}

/** The newest state that the seal tells; undefined when there is none, or none that is whole. */
export function readSeal(store: string): SealedState | undefined {
  if (!existsSync(sealFile(store))) return undefined;
  const bytes = readFileSync(sealFile(store));
  const states = [0, 1].flatMap((slot) => parseSlot(bytes.toString('latin1', slot * slotBytes, (slot + 1) * slotBytes)) ?? []);
  return states.sort((one, other) => other.revision - one.revision)[0];
}

/** Of one entry, 32 bits. All of a store together: their sum, so that a change costs no more than the entry that changes. */
export function entrySum(key: string, value: string, createRevision: number, modRevision: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  // Multiplied, so that two values that change places are noticed.
  const value32 = Math.imul(crc32(value), hash | 1);
  return (hash ^ value32 ^ Math.imul(modRevision | 0, 0x9e3779b1) ^ Math.imul(createRevision | 0, 0x85ebca77)) >>> 0;
}

/** Sums stay safe integers. */
export const totalModulus = 2 ** 48;

function formatSlot({ revision, total }: SealedState): string {
  const text = `${revision} ${total}`.padEnd(slotBytes - 10);
  return `${text} ${crc32(text).toString(16).padStart(8, '0')}\n`;
}

function parseSlot(slot: string): SealedState | undefined {
  const text = slot.slice(0, slotBytes - 10);
  if (slot.length !== slotBytes || slot.slice(slotBytes - 9, -1) !== crc32(text).toString(16).padStart(8, '0')) return undefined;
  const [revision = Number.NaN, total = Number.NaN] = text.trim().split(' ').map(Number);
  return { revision, total };
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

import { createHash } from 'node:crypto';
import { type ErrorCode, GantryError } from '../../base/index.ts';
import type { NamedKind } from '../../model/index.ts';

/** A file that is imported. */
export interface ImportSource {
  /** For people. */
  readonly path: string;
  /** SHA-256 of its content, hex: what it leaves open follows from it, so that a second run ends with the same. */
  readonly digest: string;
  /** When the import was begun, seconds since 1970. */
  readonly started: number;
}

const shown = 10;

/** What stands in the way of an import: all conflicts are told at once, anything else that is wrong at once. */
export class ImportProblems {
  readonly #path: string;
  readonly #conflicts: string[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** @param member the way to it in the file, such as `instances.0.nics.1.mac`; empty: the whole file */
  conflict(member: string, problem: string): void {
    this.#conflicts.push(at(member, problem));
  }

  /** @param member as above; empty: the whole file @throws IMPORT_FILE_INVALID */
  invalid(member: string, problem: string, cause?: unknown): never {
    throw new GantryError('IMPORT_FILE_INVALID', { path: this.#path, problem: at(member, problem) }, { cause });
  }

  /**
   * What a check refuses is told with the member that it belongs to.
   * @param member what the check is given
   * @param by whose it is, for people; may be empty
   * @throws IMPORT_FILE_INVALID
   */
  within<T>(member: string, by: string, check: () => T): T {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof GantryError) || ours.has(error.code)) throw error;
      const { field, problem } = error.facts;
      const whole = [member, field === '(whole)' ? undefined : field].filter(Boolean).join('.');
      return this.invalid(whole, [by, field === undefined ? error.message : problem].filter(Boolean).join(': '), error);
    }
  }

  /** @throws IMPORT_CONFLICT */
  requireNone(): void {
    const count = this.#conflicts.length;
    if (count === 0) return;
    const more = count > shown ? `; and ${count - shown} more` : '';
    throw new GantryError('IMPORT_CONFLICT', { path: this.#path, count, problems: `${this.#conflicts.slice(0, shown).join('; ')}${more}` });
  }
}

const at = (member: string, problem: string): string => (member === '' ? problem : `${member}: ${problem}`);

const ours: ReadonlySet<ErrorCode> = new Set(['IMPORT_FILE_INVALID', 'IMPORT_CONFLICT', 'INTERNAL']);

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The UUID of an object that tells none. */
export function importedUuid(digest: string, kind: NamedKind | 'disk' | 'nic', name: string): string {
  const hex = hash(`${digest} ${kind} ${name.toLowerCase()}`);
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

/** The last half of the MAC address of a NIC that tells none; another one for each attempt. */
export function importedMacSuffix(nicUuid: string, attempt: number): string {
  const hex = hash(`${nicUuid} ${attempt}`);
  return [0, 2, 4].map((at) => hex.slice(at, at + 2)).join(':');
}

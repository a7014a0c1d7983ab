import { GantryError } from '../base/index.ts';

/** A failure of SQLite as an error of the catalogue; our own errors and defects pass unchanged. */
export function sqliteError(thrown: unknown, store: string): unknown {
  if (thrown instanceof GantryError || !(thrown instanceof Error)) return thrown;
  const { errcode, code } = thrown as Error & { errcode?: number; code?: string };
  const detail = thrown.message;
  if (errcode === undefined) {
    const isFileError = code !== undefined && /^E[A-Z]+$/.test(code);
    if (code === 'ENOSPC') return new GantryError('STORE_FULL', { store, detail }, { cause: thrown });
    return isFileError ? new GantryError('STORE_UNAVAILABLE', { store, detail }, { cause: thrown }) : thrown;
  }
  switch (errcode & 0xff) {
    case sqliteFull:
      return new GantryError('STORE_FULL', { store, detail }, { cause: thrown });
    case sqliteCorrupt:
    case sqliteNotADatabase:
      return new GantryError('STORE_CORRUPT', { store, detail }, { cause: thrown });
    case sqliteBusy:
    case sqliteLocked:
    case sqlitePermission:
    case sqliteReadOnly:
    case sqliteInputOutput:
    case sqliteCannotOpen:
      return new GantryError('STORE_UNAVAILABLE', { store, detail }, { cause: thrown });
    default:
      return thrown;
  }
}

// Primary result codes, https://www.sqlite.org/rescode.html
const sqlitePermission = 3;
const sqliteBusy = 5;
const sqliteLocked = 6;
const sqliteReadOnly = 8;
const sqliteInputOutput = 10;
const sqliteCorrupt = 11;
const sqliteFull = 13;
const sqliteCannotOpen = 14;
const sqliteNotADatabase = 26;

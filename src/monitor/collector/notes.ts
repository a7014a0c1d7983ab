import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Json } from '../../base/index.ts';
import { bootIdIn, type ProcFiles } from '../../host/light.ts';

/** Small facts of collectors that outlive the agent, until the host goes down. */
export interface Notes {
  /** What was last written under a name, `{}` where nothing was; `undefined` where it is not of this boot, or cannot be read. */
  read(name: string): Json | undefined;
  /** If they cannot be written, they are lost when the agent ends. */
  write(name: string, value: Json): void;
}

/** Bytes; of thousands of instances. */
const largestNote = 4 * 1024 * 1024;

/** @param folder - made when it is first needed; below the root of `files` */
export function createNotes(files: ProcFiles, root: string, folder: string): Notes {
  /** What the files hold. */
  const written = new Map<string, string>();
  const pathOf = (name: string) => `${folder}/${name}.json`;
  const textOf = (value: Json) => JSON.stringify({ boot: bootIdIn(files), value });

  return {
    read: (name) => {
      try {
        const bytes = files.readOwned(pathOf(name), process.getuid?.() ?? 0, largestNote);
        // Files are read as Latin-1. An empty file is not created.
        const text = bytes === undefined ? textOf({}) : Buffer.from(bytes, 'latin1').toString();
        written.set(name, text);
        const note = JSON.parse(text) as { readonly boot: string; readonly value: Json } | null;
        return note?.boot === bootIdIn(files) ? note.value : undefined;
      } catch {
        // Not for this user, or not whole: as if there were none.
        return undefined;
      }
    },
    write: (name, value) => {
      const text = textOf(value);
      if (written.get(name) === text) return;
      written.set(name, text);
      const path = join(root, pathOf(name));
      try {
        // Other users may enter the run folder (as the node agent creates it), but only this user may read the notes.
        mkdirSync(dirname(dirname(path)), { recursive: true, mode: 0o711 });
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        writeFileSync(`${path}.new`, text, { mode: 0o600 });
        renameSync(`${path}.new`, path);
      } catch {
        // No room, or not for this user.
        return;
      }
    },
  };
}

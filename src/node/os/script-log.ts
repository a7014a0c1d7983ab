import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';

/** The log of one script. It is of use to people; what cannot be written of it is told, and fails nothing. */
export interface ScriptLog {
  write(text: string): void;
  /** Resolves with what is missing in the log, and why; null when it is whole. */
  end(): Promise<string | null>;
}

const mostCharacters = 16 * 1024 * 1024;
/** Files in the folder; the oldest go. */
const mostFiles = 500;

export async function openScriptLog(path: string): Promise<ScriptLog> {
  const folder = dirname(path);
  const problem = await mkdir(folder, { recursive: true, mode: 0o750 }).then(
    () => null,
    (error: Error) => error.message,
  );
  if (problem !== null) return { write: () => undefined, end: async () => problem };
  await removeOldest(folder);
  const file = createWriteStream(path, { mode: 0o640 });
  const done = finished(file).then(
    () => null,
    (error: Error) => error.message,
  );
  let room = mostCharacters;
  return {
    write(text) {
      if (room <= 0 || file.errored) return;
      room -= text.length;
      file.write(room > 0 ? text : `${text.slice(0, room)}\nWhat follows is not kept.\n`);
    },
    async end() {
      file.end();
      return (await done) ?? (room > 0 ? null : `it is longer than ${mostCharacters / 1024 / 1024} MiB`);
    },
  };
}

async function removeOldest(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length < mostFiles) return;
  const aged = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), at: (await stat(join(folder, name)).catch(() => null))?.mtimeMs ?? 0 })),
  );
  aged.sort((left, right) => left.at - right.at);
  for (const { path } of aged.slice(0, names.length - mostFiles + 1)) await rm(path, { force: true }).catch(() => undefined);
}

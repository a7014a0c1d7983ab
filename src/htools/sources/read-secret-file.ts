import { statSync } from 'node:fs';
import { readSourceFile } from './read-source-file.ts';

/** The text of a file that is its owner's alone; `warn` is told when others may read it. @throws HTOOLS_SOURCE_UNREADABLE */
export async function readSecretFile(file: string, warn?: (message: string) => void): Promise<string> {
  const text = await readSourceFile(file);
  const mode = file === '-' ? 0 : (statSync(file, { throwIfNoEntry: false })?.mode ?? 0);
  if (mode & 0o077) warn?.(`${file} contains secrets, but users other than its owner may access it; "chmod 600" corrects this`);
  return text;
}

import { chmod, readFile, rm } from 'node:fs/promises';
import { GantryError, writeFileAtomic } from '../../base/index.ts';
import { keys } from '../../model/index.ts';
import { createSecretBox, formatSecretKey, newSecretKey, parseSecretKeys, type SecretBox, type Store } from '../../store/index.ts';

const head =
  '# Keys of the secret parameters: the first one encrypts, all of them decrypt. All masters need this file; see docs/security.md.\n';

/**
 * The box that the key file makes. The store remembers which key encrypts, so that a master with other keys does not start
 * instead of mixing them. The file is made with the first key of a cluster.
 * @throws SECRET_KEYS_UNUSABLE, SECRET_KEY_MISSING
 */
export async function openSecretBox(path: string, store: Store): Promise<SecretBox> {
  const entry = await store.get(keys.secretKey);
  const text = await readText(path);
  if (text === undefined && entry)
    throw new GantryError('SECRET_KEYS_UNUSABLE', { path, problem: `it does not exist, and the key ${entry.value} is needed` });
  const found = text === undefined ? await create(path) : parseSecretKeys(text, path);
  // Whoever can read the file can read every secret of the cluster.
  if (text !== undefined) await chmod(path, 0o600);
  const ids = found.map(({ id }) => id);
  if (entry && !ids.includes(entry.value)) throw new GantryError('SECRET_KEY_MISSING', { id: entry.value, known: ids.join(', ') });
  const box = createSecretBox(found);
  if (entry?.value === box.current) return box;
  const { committed } = await store.transact({
    compares: [{ key: keys.secretKey, modRevision: entry?.modRevision ?? 0 }],
    writes: [{ type: 'put', key: keys.secretKey, value: box.current }],
  });
  if (committed) return box;
  // Another master was faster; a file of our own would have another key.
  if (text === undefined) await rm(path);
  return openSecretBox(path, store);
}

async function create(path: string) {
  const key = newSecretKey();
  await writeFileAtomic(path, `${head}${formatSecretKey(key)}\n`, 0o600);
  return [key];
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GantryError('SECRET_KEYS_UNUSABLE', { path, problem: (error as Error).message }, { cause: error });
  }
}

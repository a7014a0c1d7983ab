import { hash, randomBytes } from 'node:crypto';

/**
 * Makes short names for secrets, to compare or to remember: the same text has the same name as long as the process runs,
 * and another one in every other process. Nobody who sees a name can try texts on it, since the random key is kept here.
 * The key goes before the text, which is enough for equality: names never leave the process.
 */
export function fingerprinter(): (text: string) => Buffer {
  const key = randomBytes(32).toString('base64');
  return (text) => hash('sha256', key + text, 'buffer');
}

import { createHash } from 'node:crypto';

/** File systems allow 255; the rest is for what a rotated or a temporary file has behind its name. */
const longest = 240;

/**
 * A file name made of the name of an object. Other signs than letters, digits and `_.+-` become `_`; a name that would be
 * too long is cut, and gets a digest so that it stays different from others.
 */
export function boundedFileName(name: string, suffix = ''): string {
  const plain = `${name.replaceAll(/[^\w.+-]/g, '_')}${suffix}`;
  if (plain.length <= longest) return plain;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return `${plain.slice(0, longest - suffix.length - digest.length - 1)}-${digest}${suffix}`;
}

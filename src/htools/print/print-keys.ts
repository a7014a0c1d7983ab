/** Pairs as lines that a shell can read: `PREFIX_KEY=value`, quoted where the shell needs it. */
export function printKeys(prefix: string, pairs: readonly (readonly [key: string, value: string])[]): string {
  return pairs.map(([key, value]) => `${prefix}_${key.toUpperCase()}=${quoted(value)}\n`).join('');
}

const quoted = (value: string): string => (/^[\p{L}\p{N}.]*$/u.test(value) ? value : `'${value}'`);

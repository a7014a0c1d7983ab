/**
 * The end, itself excluded, of the keys that begin with `prefix`. No key contains the last code point (`checkTransaction`),
 * and the order of code points is the order of UTF-8 bytes.
 */
export function prefixEnd(prefix: string): string {
  return `${prefix}${lastCodePoint}`;
}

export const lastCodePoint = '\u{10ffff}';

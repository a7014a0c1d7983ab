import type { Random } from './random.ts';

/**
 * A trace is all the work that one request leads to, on the master and on the nodes. Its id is that of W3C Trace Context: 32
 * lower-case hexadecimal digits, not all of them 0. It is no secret and proves nothing: a client may choose it.
 */
const zeros = /^0+$/;
/** version-trace-parent-flags; later versions may append fields. */
const parentForm = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/;
/** Of a header that is looked at, characters. */
const longest = 512;

const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** 8 digits a word, not all of them 0. Every request draws them, so it must not cost anything. */
function digits(random: Random, words: number): string {
  let text = '';
  let seen = 0;
  for (let left = words; left > 0; left--) {
    let word = Math.floor(random() * 0x1_0000_0000);
    seen |= word;
    if (left === 1 && seen === 0) word = 1;
    text += `${bytes[word >>> 24]}${bytes[(word >>> 16) & 255]}${bytes[(word >>> 8) & 255]}${bytes[word & 255]}`;
  }
  return text;
}

export const newTrace = (random: Random): string => digits(random, 4);

/** The trace id in a `traceparent` header; undefined when it is missing or not of that form. */
export function traceFrom(header: unknown): string | undefined {
  if (typeof header !== 'string' || header.length > longest) return undefined;
  const [, version, trace = '', parent = '', more] = parentForm.exec(header) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  return zeros.test(trace) || zeros.test(parent) ? undefined : trace;
}

/** A `traceparent` header for work of this trace that somebody else does. */
export const traceparent = (trace: string, random: Random): string => `00-${trace}-${digits(random, 2)}-01`;

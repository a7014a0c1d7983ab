/** The newest whole line of an endless text. Older lines that were not read in time are skipped. */
export interface LineFeed {
  /** @returns false when it is more than is allowed */
  push(chunk: Buffer): boolean;
  /** Undefined before the first. */
  readonly newest: { readonly line: Buffer; readonly at: number } | undefined;
  /** Bytes that came so far. */
  readonly bytes: number;
}

/** Reports that may come within a second. */
const mostPerSecond = 8;

const newline = 0x0a;

/** @param largest - bytes of a line @param now - monotonic milliseconds */
export function createLineFeed(largest: number, now: () => number, onLine: () => void): LineFeed {
  let partial = Buffer.alloc(0);
  let newest: LineFeed['newest'];
  let bytes = 0;
  let second = now();
  let within = 0;

  const take = (line: Buffer) => {
    newest = { line, at: now() };
    onLine();
  };

  return {
    push: (chunk) => {
      bytes += chunk.length;
      if (now() - second >= 1000) {
        second = now();
        within = 0;
      }
      within += chunk.length;
      const text = partial.length > 0 ? Buffer.concat([partial, chunk]) : chunk;
      const last = text.lastIndexOf(newline);
      let end = last;
      while (end > 0 && text[end - 1] === newline) end--;
      const line = end <= 0 ? undefined : text.subarray(text.lastIndexOf(newline, end - 1) + 1, end);
      partial = Buffer.from(text.subarray(last + 1));
      if (within > largest * mostPerSecond || partial.length > largest || (line?.length ?? 0) > largest) return false;
      if (line) take(Buffer.from(line));
      return true;
    },
    get newest() {
      return newest;
    },
    get bytes() {
      return bytes;
    },
  };
}

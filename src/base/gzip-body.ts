/** Compressed bodies by the bytes they were made of: the same page is compressed once for all who ask. */
const compressed = new WeakMap<Buffer, Buffer>();

// Loaded with the first reader that wants it.
const zlib = () => process.getBuiltinModule('node:zlib');

/** In this thread: the pool of the process may be full of calls that hang in a file system. */
export function gzipBody(body: Buffer): Buffer {
  const known = compressed.get(body) ?? zlib().gzipSync(body, { level: 1 });
  compressed.set(body, known);
  return known;
}

/** Whether a client takes gzip. @param header `accept-encoding` */
export function wantsGzip(header: string | undefined): boolean {
  return (header ?? '').split(',').some((part) => {
    const [coding = '', quality = ''] = part.split(';').map((word) => word.trim().toLowerCase());
    return (coding === 'gzip' || coding === '*') && !/^q=0(\.0*)?$/.test(quality);
  });
}

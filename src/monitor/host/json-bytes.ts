/**
 * JSON as bytes outside of the heaps of JavaScript: reports of many instances come every few seconds, and as strings they
 * would be most of what two collectors of garbage have to do. They are moved from thread to thread, not copied.
 */
export function toJsonBytes(text: string): Uint8Array<ArrayBuffer> {
  // Not of Node's pool, whose memory others have parts of.
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

export const fromJsonBytes = (bytes: Uint8Array): unknown =>
  JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());

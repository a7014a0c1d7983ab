/**
 * JSON as bytes outside of the heaps of JavaScript: reports of many instances arrive every few seconds; as strings they would
 * cause most of the work of two garbage collectors. They are moved from thread to thread, not copied.
 */
export function toJsonBytes(text: string): Uint8Array<ArrayBuffer> {
  // Not of Node's pool, whose memory others have parts of.
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

export const fromJsonBytes = (bytes: Uint8Array): unknown =>
  JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());

/** Firmware does not boot from a disk that is smaller than a cylinder. */
const imageBytes = 1024 * 1024;

/** A disk image that holds nothing but a boot sector with this machine code, at most 510 bytes, given as hex. */
export function bootImage(code: string): Buffer {
  const image = Buffer.alloc(imageBytes);
  const bytes = Buffer.from(code.replaceAll(/\s/g, ''), 'hex');
  if (bytes.length > 510) throw new Error(`a boot sector has room for 510 bytes of code, not ${bytes.length}`);
  bytes.copy(image);
  image.writeUInt16LE(0xaa55, 510);
  return image;
}

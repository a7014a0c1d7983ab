/** A line of /proc/mounts. */
export interface MountEntry {
  readonly device: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** Reads /proc/mounts as Latin-1 text, in the order in which they were mounted; lines that are cut short are left out. */
export function parseMountTable(text: string): MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [device = '', mountPoint, type = '', options] = line.split(' ').map(unescape);
    return mountPoint === undefined || options === undefined ? [] : { device, mountPoint, type, options: options.split(',') };
  });
}

/** The kernel writes blanks, tabs, newlines and backslashes of names as `\040` and the like, in bytes. */
function unescape(word: string): string {
  const bytes = word.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString();
}

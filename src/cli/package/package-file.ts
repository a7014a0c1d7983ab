/** One file of the package. */
export interface PackageFile {
  /** Where it is installed, without the first "/". */
  readonly target: string;
  /** Its content: a file of the checkout (an absolute path), a text, or a symbolic link to another path. */
  readonly from: { readonly path: string } | { readonly text: string | Buffer } | { readonly link: string };
  /** Permissions; a link has none. */
  readonly mode: 0o644 | 0o755;
}

/** A file that is made by the build. */
export const textFile = (target: string, text: string | Buffer, mode: PackageFile['mode'] = 0o644): PackageFile => ({
  target,
  from: { text },
  mode,
});

/** Where the program is installed. */
export const programFolder = 'usr/lib/gantry';

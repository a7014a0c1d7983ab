import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type PackageFile, textFile } from './package-file.ts';
import { git } from './read-sources.ts';

const folder = 'usr/share/doc/gantry';
/** For those who change Gantry, not for those who run it. */
const forDevelopers = /^docs\/(adr|guides)\/|^docs\/(releasing|style)\.md$/;

/** The guides, the licence and the changelog. */
export async function docFiles(root: string, version: string, epoch: number): Promise<PackageFile[]> {
  const { stdout } = await git(root, ['ls-files', '-z', '--', 'docs']);
  const pages = stdout.split('\0').filter((path) => path !== '' && !forDevelopers.test(path));
  const changes = await readFile(join(root, 'CHANGELOG.md'), 'utf8');
  return [
    ...pages.sort().map((path): PackageFile => ({ target: path.replace('docs', folder), from: { path: join(root, path) }, mode: 0o644 })),
    textFile(`${folder}/copyright`, copyright),
    textFile(`${folder}/changelog.gz`, compressed(changes)),
    textFile(`${folder}/changelog.Debian.gz`, compressed(debianChangelog(version, epoch))),
  ];
}

/** Level 9 as Debian wants it. The header of Node's gzip has no name and no time. */
const compressed = (text: string): Buffer => gzipSync(text, { level: 9 });

/** @param epoch seconds since 1970 */
export function debianChangelog(version: string, epoch: number): string {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  return `gantry (${version}) unstable; urgency=medium

  * Package of Gantry ${version}. See changelog.gz for what has changed.

 -- Gantry developers <gantry@localhost>  ${date}
`;
}

const copyright = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: gantry

Files: *
Copyright: The authors of Gantry
License: Apache-2.0

Files: usr/lib/gantry/node_modules/*
Copyright: The authors of Node.js and of each module
License: other
Comment: Each folder has the license of its module.

License: Apache-2.0
 On Debian systems, the full text of the Apache License 2.0 is in
 /usr/share/common-licenses/Apache-2.0.

License: other
 See the file LICENSE in each folder.
`;

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configVersion } from '../../model/index.ts';
import { listPackages } from '../local/debian-packages.ts';
import { type PackageFile, textFile } from './package-file.ts';
import { maintainerScript, unitNames } from './system-files.ts';

const scripts = ['preinst', 'postinst', 'prerm', 'postrm'] as const;

/** The files for dpkg itself, made from the files that are installed. */
export async function controlFiles(root: string, version: string, files: readonly PackageFile[]): Promise<PackageFile[]> {
  const values = { VERSION: version, CONFIG_VERSION: String(configVersion), UNITS: unitNames(files).join(' ') };
  const configuration = files.filter(({ target }) => target.startsWith('etc/')).map(({ target }) => `/${target}\n`);
  return [
    textFile('DEBIAN/control', await control(root, version, await installedKib(files))),
    textFile('DEBIAN/conffiles', configuration.join('')),
    textFile('DEBIAN/md5sums', await sums(files)),
    ...(await Promise.all(scripts.map((name) => maintainerScript(root, name, values)))),
  ];
}

async function control(root: string, version: string, kib: number): Promise<string> {
  const depends = (await listPackages(['run'])).map(({ name }) => name);
  const { description } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { description: string };
  return `Package: gantry
Version: ${version}
Architecture: amd64
Maintainer: Gantry developers <gantry@localhost>
Installed-Size: ${kib}
Depends: ${depends.join(', ')}
Recommends: logrotate, systemd
Suggests: etcd-server, openvswitch-switch
Section: admin
Priority: optional
Description: cluster manager for virtual machines that speaks Ganeti
 ${description}.
 .
 This package has the command line, the master with the REST API, the node
 agent and the monitoring agent, with the Node and the modules that they need.
 See /usr/share/doc/gantry/install.md.
`;
}

/** As Debian's policy counts: each file rounded up to 1 KiB, each folder and link 1 KiB. */
async function installedKib(files: readonly PackageFile[]): Promise<number> {
  const folders = new Set(files.flatMap(({ target }) => parents(target)));
  let kib = folders.size;
  for (const file of files) kib += Math.max(1, Math.ceil((await contentOf(file))?.length ?? 0) / 1024);
  return Math.ceil(kib);
}

const parents = (target: string): string[] => target.split('/').map((_, index, parts) => parts.slice(0, index).join('/'));

async function sums(files: readonly PackageFile[]): Promise<string> {
  const lines: string[] = [];
  for (const file of files) {
    const content = await contentOf(file);
    if (content === undefined || file.target.startsWith('etc/')) continue;
    lines.push(`${createHash('md5').update(content).digest('hex')}  ${file.target}\n`);
  }
  return lines.join('');
}

/** The bytes of a file; a link has none. */
async function contentOf({ from }: PackageFile): Promise<Buffer | undefined> {
  if ('link' in from) return undefined;
  return 'path' in from ? readFile(from.path) : Buffer.from(from.text);
}

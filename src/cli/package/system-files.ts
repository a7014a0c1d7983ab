import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PackageFile, textFile } from './package-file.ts';

/** Where each file of packaging/ is installed. */
const places: Readonly<Record<string, string>> = {
  'sysusers.d.conf': 'usr/lib/sysusers.d/gantry.conf',
  'tmpfiles.d.conf': 'usr/lib/tmpfiles.d/gantry.conf',
  logrotate: 'etc/logrotate.d/gantry',
};

/** What fits Gantry into a host: the command, units, users, folders, rotation of logs, completion, OS definitions. */
export async function systemFiles(root: string): Promise<PackageFile[]> {
  const packaging = join(root, 'packaging');
  const scripts = join(root, 'src/cli/completion/scripts');
  const copies: PackageFile[] = Object.entries(places).map(([name, target]) => copy(join(packaging, name), target));
  const units = (await readdir(join(packaging, 'systemd'))).filter((name) => /\.(service|target|timer|socket|slice|path)$/.test(name));
  return [
    { target: 'usr/lib/gantry/gantry', from: { path: join(packaging, 'gantry') }, mode: 0o755 },
    { target: 'usr/bin/gantry', from: { link: '../lib/gantry/gantry' }, mode: 0o755 },
    ...copies,
    ...units.sort().map((name) => copy(join(packaging, 'systemd', name), `usr/lib/systemd/system/${name}`)),
    copy(join(scripts, 'gantry.bash'), 'usr/share/bash-completion/completions/gantry'),
    copy(join(scripts, 'gantry.zsh'), 'usr/share/zsh/vendor-completions/_gantry'),
    ...(await osDefinitions(root)),
  ];
}

/** Names of the units, which the maintainer scripts handle. */
export const unitNames = (files: readonly PackageFile[]): string[] =>
  files.flatMap(({ target }) => /^usr\/lib\/systemd\/system\/(.+)$/.exec(target)?.[1] ?? []);

const copy = (path: string, target: string): PackageFile => ({ target, from: { path }, mode: 0o644 });

/** Node agents look for OS definitions where Ganeti's packages put theirs. */
async function osDefinitions(root: string): Promise<PackageFile[]> {
  const names = await readdir(join(root, 'os'));
  return names
    .sort()
    .map((name) => ({ target: `usr/share/ganeti/os/${name}`, from: { link: `../../../lib/gantry/os/${name}` }, mode: 0o755 }));
}

/** A text of packaging/ with `@NAME@` replaced. */
export async function filledText(path: string, values: Readonly<Record<string, string>>): Promise<string> {
  const text = await readFile(path, 'utf8');
  return text.replaceAll(/@([A-Z_]+)@/g, (whole, name: string) => values[name] ?? whole);
}

/** A maintainer script of packaging/debian. */
export async function maintainerScript(root: string, name: string, values: Readonly<Record<string, string>>): Promise<PackageFile> {
  return textFile(`DEBIAN/${name}`, await filledText(join(root, 'packaging/debian', name), values), 0o755);
}

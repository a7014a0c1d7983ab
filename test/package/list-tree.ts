import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What changes without a package: dpkg's own books and logs, copies that shadow makes of its files, what mount notes, places of the kernel. */
const passing =
  /^\/(proc|sys|dev|tmp)\/|^\/run\/mount(\/|$)|^\/var\/lib\/dpkg\/(status|available|lock|updates|triggers|diversions|statoverride|tmp\.ci|info\/(format|gantry\.))|^\/var\/log\/dpkg\.log$|^\/etc\/((passwd|group|shadow|gshadow|subuid|subgid)-|\.pwd\.lock)$|^\/var\/(cache|lib)\/(apt|ldconfig)\//;
/** Has the day of a change. */
const dated = /^\/etc\/shadow$/;

/** All files of a root: path to kind, permissions, owner and content. */
export function listTree(root: string, folder = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(join(root, folder)).sort()) {
    const path = `${folder}/${name}`;
    if (passing.test(path)) continue;
    const stat = lstatSync(join(root, path));
    found.set(path, `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${contentOf(root, path, stat)}`);
    if (stat.isDirectory()) for (const [below, text] of listTree(root, path)) found.set(below, text);
  }
  return found;
}

function contentOf(root: string, path: string, stat: ReturnType<typeof lstatSync> & object): string {
  if (stat.isSymbolicLink()) return `-> ${readlinkSync(join(root, path))}`;
  if (!stat.isFile()) return '';
  // What is large or belongs to other packages is not changed in place.
  const read = stat.size < 65_536 && /^\/(etc|var|srv|run|usr\/lib\/gantry)\//.test(path) && !dated.test(path);
  return read
    ? createHash('sha256')
        .update(readFileSync(join(root, path)))
        .digest('hex')
        .slice(0, 16)
    : String(stat.size);
}

/** Lines about what `after` has more, less or different. */
export function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const lines: string[] = [];
  for (const [path, text] of after) {
    const old = before.get(path);
    if (old === undefined) lines.push(`added ${path} ${text}`);
    else if (old !== text) lines.push(`changed ${path} ${old} => ${text}`);
  }
  for (const path of before.keys()) if (!after.has(path)) lines.push(`removed ${path}`);
  return lines;
}

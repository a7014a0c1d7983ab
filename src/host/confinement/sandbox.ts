import { existsSync, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ConfinedProgram } from './confined-program.ts';
import { ownArchitecture, seccompFilter } from './seccomp-filter.ts';

/** The descriptor on which bubblewrap is given the filter. */
export const filterDescriptor = 3;

/** Folders that all users may write to, and meet in: a program has its own, which go with it. */
const sharedFolders = ['/tmp', '/var/tmp', '/dev/shm', '/run/lock'] as const;

const mebi = 1024 * 1024;

/** What changes the user and gives privileges up. */
const neededCapabilities = ['setuid', 'setgid', 'setpcap'] as const;

/** Options of bwrap(1) that try out what all programs need. */
export const sandboxTrial = (root: boolean): string[] => [
  ...capabilities(root, []),
  ...mounts({ writable: false, hostDevices: false, size: 1 }),
];

/** Options of bwrap(1) for a program. */
export function sandboxArguments({ path, limits, granted }: ConfinedProgram, root: boolean): string[] {
  return [
    ...capabilities(root, granted.capabilities),
    ...mounts({
      writable: limits.file_size > 0,
      // Groups and capabilities are granted for devices mostly.
      hostDevices: granted.devices || granted.groups.length > 0 || granted.capabilities.length > 0,
      size: limits.memory,
    }),
    ...uncovered(dirname(path)),
    ...(ownArchitecture() ? ['--seccomp', String(filterDescriptor)] : []),
  ];
}

/** The filter of system calls for a program with these capabilities; undefined on an architecture that there is none for. */
export function filterFor(granted: readonly string[]): Buffer | undefined {
  const architecture = ownArchitecture();
  return architecture && seccompFilter(architecture, granted);
}

/** What is left to the programs in the sandbox before they give up the rest. Without root bubblewrap has none to leave. */
function capabilities(root: boolean, granted: readonly string[]): string[] {
  if (!root) return [];
  return ['--cap-drop', 'ALL', ...[...neededCapabilities, ...granted].flatMap((name) => ['--cap-add', `CAP_${name.toUpperCase()}`])];
}

interface Mounts {
  readonly writable: boolean;
  readonly hostDevices: boolean;
  /** MiB of each temporary folder. */
  readonly size: number;
}

function mounts({ writable, hostDevices, size }: Mounts): string[] {
  const shared = sharedFolders.filter((path) => (hostDevices || path !== '/dev/shm') && isFolder(path));
  return [
    ...[writable ? '--bind' : '--ro-bind', '/', '/'],
    ...(hostDevices ? ['--dev-bind', '/dev', '/dev'] : ['--dev', '/dev']),
    ...(hostDevices && existsSync('/dev/mqueue') ? temporary('/dev/mqueue', 1) : []),
    '--proc',
    '/proc',
    ...shared.flatMap((path) => temporary(path, size)),
  ];
}

/** The folder of the program itself, where it lies in one of those that are covered. */
function uncovered(folder: string): string[] {
  const shared = sharedFolders.find((path) => folder.startsWith(`${path}/`));
  if (shared === undefined) return [];
  const parts = folder.slice(shared.length + 1).split('/');
  // Else they would be made with mode 0700, closed to the user of the program.
  const above = parts.slice(0, -1).flatMap((_, index) => ['--perms', '0755', '--dir', join(shared, ...parts.slice(0, index + 1))]);
  return [...above, '--ro-bind', folder, folder];
}

const temporary = (path: string, size: number): string[] => ['--perms', '1777', '--size', String(size * mebi), '--tmpfs', path];

/** A link to another of them is covered with it. */
function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

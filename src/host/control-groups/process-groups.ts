import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseProcessStat } from '../../base/index.ts';
import { familyOf, killHard, signal } from '../processes/signals.ts';

/** Control groups of one owner: limits for all processes of a program together, and an end for all of them. */
export interface ProcessGroups {
  /** The group of a program; undefined where none can be made, and `missing` says why. */
  make(name: string, limits: GroupLimits): ProcessGroup | undefined;
  /** The system's code of the error. */
  readonly missing: string | undefined;
  close(): void;
}

export interface GroupLimits {
  /** MiB. */
  readonly memory: number;
  readonly processes: number;
}

export interface ProcessGroup {
  /** Adds the first process of a group, which has just started, and the children that it may already have. */
  enter(pid: number): void;
  /** Kills all that is in it. */
  kill(): void;
  remove(): void;
}

const mebi = 1024 * 1024;

/** Files with their limits in a group, of version 2 and 1. */
const limitsOf = {
  unified: (limits: GroupLimits) => ({
    'memory.max': limits.memory * mebi,
    'memory.swap.max': 0,
    'pids.max': limits.processes,
  }),
  memory: (limits: GroupLimits) => ({ 'memory.limit_in_bytes': limits.memory * mebi }),
  pids: (limits: GroupLimits) => ({ 'pids.max': limits.processes }),
};

/** Written where the kernel has it, and not missed else: swap may not be accounted for. */
const optional = new Set(['memory.swap.max']);

/** Where groups of a kind are made. */
export interface GroupPlace {
  /** Where control groups are mounted; of version 1 a folder for each controller. */
  readonly mount?: string;
  /** What the folder's name begins with, e.g. `gantry-plugins`. */
  readonly kind: string;
  /** The rest of its name, so that owners do not meet; default: this process. */
  readonly owner?: string;
}

const usualMount = '/sys/fs/cgroup';

/** Removes what owners of this kind left that were killed, and makes room for this one. */
export function openProcessGroups({ mount = usualMount, kind, owner = ownerOf(process.pid) }: GroupPlace): ProcessGroups {
  const unified = existsSync(join(mount, 'cgroup.controllers'));
  const kinds = unified ? (['unified'] as const) : (['pids', 'memory'] as const);
  const roots = new Map(kinds.map((name) => [name, name === 'unified' ? mount : join(mount, name)]));
  const folder = `${kind}-${owner}`;
  let missing: string | undefined;
  try {
    for (const root of roots.values()) {
      sweep(root, kind);
      mkdirSync(join(root, folder), { recursive: true });
      if (unified) for (const place of [root, join(root, folder)]) writeFileSync(join(place, 'cgroup.subtree_control'), '+memory +pids');
    }
  } catch (error) {
    missing = (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
  return {
    missing,
    make: (name, limits) => {
      if (missing !== undefined) return undefined;
      const paths = [...roots].map(([controllers, root]) => {
        const path = join(root, folder, name);
        mkdirSync(path, { recursive: true });
        for (const [file, limit] of Object.entries(limitsOf[controllers](limits))) {
          if (!optional.has(file) || existsSync(join(path, file))) writeFileSync(join(path, file), String(limit));
        }
        return path;
      });
      return openGroup(paths, unified);
    },
    close: () => {
      if (missing === undefined) for (const root of roots.values()) removeIfEmpty(join(root, folder));
    },
  };
}

function openGroup(paths: readonly string[], unified: boolean): ProcessGroup {
  const [first = ''] = paths;
  return {
    enter: (pid) => {
      // Moving takes the kernel many milliseconds, in which the program would begin: all of it is held until it is done.
      signal(-pid, 'SIGSTOP');
      try {
        for (const one of familyOf(pid)) for (const path of paths) addTo(path, one);
      } finally {
        signal(-pid, 'SIGCONT');
      }
    },
    kill: () => {
      if (unified && existsSync(join(first, 'cgroup.kill'))) writeFileSync(join(first, 'cgroup.kill'), '1');
      else killAll(first);
    },
    remove: () => {
      for (const path of paths) removeIfEmpty(path);
    },
  };
}

function addTo(path: string, pid: number): void {
  try {
    writeFileSync(join(path, 'cgroup.procs'), String(pid));
  } catch (error) {
    // It has ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Repeatedly, because one of them may just be creating another one; the limit of processes ends this. */
function killAll(path: string): void {
  for (let round = 0; round < 100; round++) {
    const pids = readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    if (pids.length === 0) return;
    for (const pid of pids) killHard(pid);
  }
}

/**
 * Groups that are in use, belong to somebody else, or were removed meanwhile are skipped; groups that are just ending are removed
 * at the next start.
 */
const notNow = new Set(['EBUSY', 'ENOTEMPTY', 'ENOENT', 'EACCES', 'EPERM', 'EROFS']);

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!notNow.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Removes the empty groups of this process, all of whose programs have been killed or not begun; and those that others left. */
export function sweepProcessGroups(kind: string, mount = usualMount): void {
  for (const root of [mount, join(mount, 'pids'), join(mount, 'memory')]) if (existsSync(root)) sweep(root, kind, ownerOf(process.pid));
}

/** A process by its number and when it began: another one may have its number later. */
function ownerOf(pid: number): string {
  try {
    const stat = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat ? `${pid}-${stat.startTicks}` : '';
  } catch {
    // It has ended.
    return '';
  }
}

/** Removes what owners left that were killed. */
function sweep(root: string, kind: string, also = ''): void {
  for (const name of readdirSync(root)) {
    if (!name.startsWith(`${kind}-`)) continue;
    const [owner = '', pid = ''] = /^(\d+)-\d+$/.exec(name.slice(kind.length + 1)) ?? [];
    if (owner === '' || (owner !== also && owner === ownerOf(Number(pid)))) continue;
    for (const own of foldersIn(join(root, name))) removeIfEmpty(own);
    removeIfEmpty(join(root, name));
  }
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? join(path, entry.name) : []));
  } catch {
    // Another owner has removed it meanwhile.
    return [];
  }
}

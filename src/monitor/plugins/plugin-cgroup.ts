import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from './plugin-schemas.ts';

/** Control groups for plugins: limits for all processes of one together, and an end for all of them. */
export interface PluginCgroups {
  /** The group of a plugin; undefined where none can be made, and `missing` says why. */
  make(name: string, limits: Manifest['limits']): PluginCgroup | undefined;
  readonly missing: string | undefined;
  close(): void;
}

export interface PluginCgroup {
  /** Adds the first process of a group, which has just started, and the children that it may already have. */
  enter(pid: number): void;
  /** Kills all that is in it. */
  kill(): void;
  remove(): void;
}

const mebi = 1024 * 1024;

/** Files with their limits in a group, of version 2 and 1. */
const limitsOf = {
  unified: (limits: Manifest['limits']) => ({
    'memory.max': limits.memory * mebi,
    'memory.swap.max': 0,
    'pids.max': limits.processes,
  }),
  memory: (limits: Manifest['limits']) => ({ 'memory.limit_in_bytes': limits.memory * mebi }),
  pids: (limits: Manifest['limits']) => ({ 'pids.max': limits.processes }),
};

/** Written where the kernel has it, and not missed else: swap may not be accounted for. */
const optional = new Set(['memory.swap.max']);

/**
 * @param mount - where control groups are mounted; of version 1 a folder for each controller
 * @param owner - part of the folder's name, so that agents do not meet
 */
export function openPluginCgroups(mount = '/sys/fs/cgroup', owner = ownerOf(process.pid)): PluginCgroups {
  const unified = existsSync(join(mount, 'cgroup.controllers'));
  const kinds = unified ? (['unified'] as const) : (['pids', 'memory'] as const);
  const roots = new Map(kinds.map((kind) => [kind, kind === 'unified' ? mount : join(mount, kind)]));
  const folder = `gantry-plugins-${owner}`;
  let missing: string | undefined;
  try {
    for (const root of roots.values()) {
      sweep(root);
      mkdirSync(join(root, folder), { recursive: true });
      if (unified) for (const place of [root, join(root, folder)]) writeFileSync(join(place, 'cgroup.subtree_control'), '+memory +pids');
    }
  } catch (error) {
    missing = `memory and processes of a plugin together: a control group cannot be created (${(error as NodeJS.ErrnoException).code})`;
  }
  return {
    missing,
    make: (name, limits) => {
      if (missing !== undefined) return undefined;
      const paths = [...roots].map(([kind, root]) => {
        const path = join(root, folder, name);
        mkdirSync(path, { recursive: true });
        for (const [file, limit] of Object.entries(limitsOf[kind](limits))) {
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

function openGroup(paths: readonly string[], unified: boolean): PluginCgroup {
  const [first = ''] = paths;
  return {
    enter: (pid) => {
      // Moving takes the kernel many milliseconds, in which the plugin would begin: all of it is held until it is done.
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

/** Processes that a process has begun; none where the kernel does not tell, or it has ended. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    // This only makes the end less certain; the namespace and the control group also end the processes.
    return [];
  }
}

const familyOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(familyOf)];

/** @param pid - negative for a group of processes */
export const killHard = (pid: number): void => signal(pid, 'SIGKILL');

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It has ended, or now belongs to another user; in that case it is in the namespace that ends.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
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

/** Removes the empty groups of this agent, all of whose plugins have been killed or not begun; and those that others left. */
export function sweepPluginCgroups(mount = '/sys/fs/cgroup'): void {
  for (const root of [mount, join(mount, 'pids'), join(mount, 'memory')]) if (existsSync(root)) sweep(root, ownerOf(process.pid));
}

/** A process by its number and when it began: another one may have its number later. */
function ownerOf(pid: number): string {
  try {
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?!.*\) )/s);
    return `${pid}-${fields.split(' ')[19]}`;
  } catch {
    // It has ended.
    return '';
  }
}

/** Removes what agents left that were killed. */
function sweep(root: string, also = ''): void {
  for (const name of readdirSync(root)) {
    const [, owner = '', pid = ''] = /^gantry-plugins-((\d+)-\d+)$/.exec(name) ?? [];
    if (owner === '' || (owner !== also && owner === ownerOf(Number(pid)))) continue;
    for (const own of foldersIn(join(root, name))) removeIfEmpty(own);
    removeIfEmpty(join(root, name));
  }
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? join(path, entry.name) : []));
  } catch {
    // Another agent has removed it meanwhile.
    return [];
  }
}

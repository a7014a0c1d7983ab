import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Ended {
  readonly code: number | null;
  /** Standard output and standard error. */
  readonly output: string;
}

/** A root whose changes are gone when it is closed. */
export interface OpenRoot {
  /** Where the files are, seen from outside. */
  readonly path: string;
  /** Layers for another root that begins with the state of this one, which must not change any more. */
  readonly layers: readonly string[];
  /** Runs a program inside, with its own processes, which all end with it. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  close(): void;
}

const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8', HOME: '/root' };

/** Opens a root above these layers, the lowest last. Changes are kept in memory. */
export function openRoot(layers: readonly string[]): OpenRoot {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-root-'));
  mount(['-t', 'tmpfs', '-o', 'size=2g', 'tmpfs', folder]);
  const [upper, work, path] = ['upper', 'work', 'root'].map((name) => join(folder, name)) as [string, string, string];
  for (const each of [upper, work, path]) mkdirSync(each);
  mount(['-t', 'overlay', '-o', `lowerdir=${layers.join(':')},upperdir=${upper},workdir=${work}`, 'overlay', path]);
  return {
    path,
    layers: [upper, ...layers],
    run: (args, env = {}) => runInside(path, args, env),
    close() {
      spawnSync('umount', ['-l', path]);
      spawnSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function mount(args: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
}

async function runInside(path: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const isolated = ['--mount', '--pid', '--net', '--fork', '--kill-child', `--root=${path}`];
  // The first process of a namespace cannot be killed from inside: the shell stays.
  const script = 'mount -t proc proc /proc; "$@"; exit $?';
  const child = spawn('unshare', [...isolated, '/bin/sh', '-c', script, 'sh', ...args], {
    env: { ...environment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (output += piece.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

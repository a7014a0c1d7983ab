import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readStat } from './process-cost.ts';

/** A node with instances, as far as one can be had without that many QEMUs. */
export interface InstanceNode {
  /** Where the agent finds its `/proc`, `/sys` and `/run`. */
  readonly root: string;
  /** What is real about it. */
  readonly about: string;
  close(): Promise<void>;
}

/**
 * Starts the instances' processes, each in a control group of its own where they can be made, gives each a tap device (in
 * a network namespace that only these processes have) and a QMP socket, and writes the files of the node agent.
 */
export async function startInstanceNode(root: string, instances: number): Promise<InstanceNode> {
  const names = Array.from({ length: instances }, (_, i) => `instance${i}.example.com`);
  const { holder, pids, taps } = await startProcesses(instances);
  const groups = instances === 0 ? undefined : makeGroups(names, pids);
  linkSystem(root, taps ? `/proc/${holder.pid}/net` : '/proc/net');
  const sockets = names.map((name, i) => writeRuntime(root, name, i, pids[i] ?? 0));
  const qmp = fork(join(import.meta.dirname, 'qmp-server.ts'), sockets, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await once(qmp, 'message');
  const facts = [
    'processes',
    groups ? `control groups of version ${groups.version}` : 'no control groups',
    taps ? 'tap devices' : 'no tap devices',
    'QMP sockets of one stand-in process',
  ];
  return {
    root,
    about: facts.join(', '),
    close: async () => {
      await Promise.all([ended(qmp, () => qmp.kill()), ended(holder, () => holder.stdin?.end())]);
      groups?.remove();
    },
  };
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  const over = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
  end();
  await over;
}

interface Processes {
  readonly holder: ChildProcess;
  readonly pids: readonly number[];
  readonly taps: boolean;
}

async function startProcesses(instances: number): Promise<Processes> {
  // Processes that do nothing until the input of their shell ends.
  const holding = `trap '' INT TERM HUP; p=; for i in $(seq ${instances}); do sleep 1000000 & p="$p $!"; echo $!; done; echo end; read end; kill -9 $p; wait`;
  const makeTaps = `seq 0 ${instances - 1} | sed 's/.*/tuntap add dev tap& mode tap/' | ip -batch - || exit 1`;
  const own = await hold('unshare', ['-n', 'sh', '-c', `${makeTaps}; ${holding}`]);
  const found = own ?? (await hold('sh', ['-c', holding]));
  if (!found) throw new Error('no shell to start processes with');
  return { ...found, taps: own !== undefined };
}

/** `undefined` when it may not, or there is no such program. */
async function hold(command: string, args: readonly string[]): Promise<Omit<Processes, 'taps'> | undefined> {
  const holder = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  holder.on('error', () => undefined);
  holder.stdin.on('error', () => undefined);
  let text = '';
  for await (const chunk of holder.stdout) {
    text += String(chunk);
    if (text.endsWith('end\n')) return { holder, pids: text.split('\n').slice(0, -2).map(Number) };
  }
  return undefined;
}

const cgroupRoot = '/sys/fs/cgroup';

interface Groups {
  readonly version: 1 | 2;
  remove(): void;
}

/** A control group for each, named after the instance, of all controllers that the agent reads. `undefined` where none can be made. */
function makeGroups(names: readonly string[], pids: readonly number[]): Groups | undefined {
  const version = readdirSync(cgroupRoot).includes('cgroup.controllers') ? 2 : 1;
  const controllers = version === 2 ? ['.'] : ['cpu', 'cpuacct', 'memory', 'blkio'];
  const made: string[] = [];
  const make = (folder: string) => {
    mkdirSync(folder);
    made.push(folder);
    return folder;
  };
  const remove = () => {
    for (const folder of made.reverse()) rmdirSync(folder);
  };
  try {
    for (const controller of controllers) {
      const top = make(join(cgroupRoot, controller, `gantry-bench-${process.pid}-${pids[0]}`));
      for (const [i, name] of names.entries()) writeFileSync(join(make(join(top, name)), 'cgroup.procs'), String(pids[i]));
    }
    return { version, remove };
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    remove();
    return undefined;
  }
}

/** The files of this host below the root, with a network of choice. */
function linkSystem(root: string, network: string): void {
  mkdirSync(join(root, 'proc'), { recursive: true });
  for (const name of readdirSync('/proc')) symlinkSync(name === 'net' ? network : `/proc/${name}`, join(root, 'proc', name));
  for (const name of ['sys', 'etc', 'dev']) symlinkSync(`/${name}`, join(root, name));
}

/** Writes what the node agent keeps of an instance. @returns where its QMP socket has to be */
function writeRuntime(root: string, name: string, number: number, pid: number): string {
  const uuid = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const folder = join(root, 'run/gantry/instances', uuid);
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const request = { spec: { memory: 2048, vcpus: 2 }, nics: [{ tap: `tap${number}` }] };
  const own = { pid, startTicks: readStat(pid).startTicks, bootId };
  const socket = join(folder, 'q/qmpmon');
  mkdirSync(dirname(socket), { recursive: true });
  writeFileSync(join(folder, 'runtime.json'), JSON.stringify({ version: 1, uuid, name, process: own, phase: 'running', request }));
  return socket;
}

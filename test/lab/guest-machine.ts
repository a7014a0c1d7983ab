import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { connectQmp, type QmpClient } from '../../src/base/index.ts';
import { until } from '../support/until.ts';
import { slots } from './image-recipe.ts';
import { agentPath, type DataDisk, diskFile, type MachineOptions, machineArguments, qmpPath } from './machine-arguments.ts';

/** A running QEMU. */
export interface Machine {
  readonly qmp: QmpClient;
  /** Resolves when the process has ended, however that happened. */
  readonly ended: Promise<void>;
  readonly pid: number;
  /** Ends the process at once: for the guest that is a power cut. */
  kill(): Promise<void>;
}

/** Starts QEMU, waits until it answers, and gives the guest its data disks. It ends with this process, also when that is killed. */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { prefix, state } = options;
  await Promise.all([qmpPath(prefix), agentPath(prefix)].map((path) => rm(path, { force: true })));
  const log = openSync(`${prefix}.log`, 'a');
  const saved = state === undefined ? undefined : openSync(state, 'r');
  const incoming = saved === undefined ? options.dataDisks.flatMap(dataDiskArguments) : ['-incoming', 'fd:3'];
  const args = ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...machineArguments(options), ...incoming];
  const child = spawn('setpriv', args, { stdio: ['ignore', log, log, ...(saved === undefined ? [] : [saved])] });
  const ended = once(child, 'exit').then(
    () => undefined,
    () => undefined,
  );
  closeSync(log);
  if (saved !== undefined) closeSync(saved);
  const qmp = await connectToMachine(prefix, child);
  const machine = { qmp, ended, pid: child.pid ?? 0, kill: () => killMachine(child, qmp, ended) };
  try {
    if (state !== undefined) {
      await until('the saved state is loaded', async () => isLoaded(await qmp.execute('query-status')), { seconds: 60, everyMs: 20 });
      await qmp.execute('cont');
      for (const [index, disk] of options.dataDisks.entries()) await plugDisk(qmp, disk, index);
    }
    return machine;
  } catch (error) {
    await machine.kill();
    throw error;
  }
}

const isLoaded = (answer: unknown): boolean => (answer as { status: string }).status !== 'inmigrate';

async function connectToMachine(prefix: string, child: ChildProcess): Promise<QmpClient> {
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  const connection = await until(
    'QEMU answers',
    () => (gone() ? 'gone' : connectQmp(qmpPath(prefix), { connectMs: 60_000 }).catch(() => undefined)),
    { seconds: 60, everyMs: 20 },
  );
  if (connection !== 'gone') return connection;
  throw new Error(`QEMU has ended: ${(await readFile(`${prefix}.log`, 'utf8')).slice(-2000)}`);
}

async function killMachine(child: ChildProcess, qmp: QmpClient, ended: Promise<void>): Promise<void> {
  child.kill('SIGKILL');
  await ended;
  qmp.close();
}

const dataNode = ({ name, path }: DataDisk) => ({
  driver: 'raw',
  'node-name': name,
  file: diskFile(path),
  discard: 'unmap',
});

const dataDevice = ({ name }: DataDisk, index: number) => ({
  driver: 'virtio-blk-pci',
  id: name,
  drive: name,
  serial: name,
  addr: `0x${(slots.data + index).toString(16)}`,
});

const dataDiskArguments = (disk: DataDisk, index: number): string[] => [
  ...['-blockdev', JSON.stringify(dataNode(disk))],
  ...['-device', JSON.stringify(dataDevice(disk, index))],
];

async function plugDisk(qmp: QmpClient, disk: DataDisk, index: number): Promise<void> {
  await qmp.execute('blockdev-add', dataNode(disk));
  await qmp.execute('device_add', dataDevice(disk, index));
}

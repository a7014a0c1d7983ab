import { readdir, readFile } from 'node:fs/promises';
import { readBootId } from '../host/index.ts';
import type { HostFacts } from './node-parts.ts';

/** Reads what the kernel says of this host. */
export async function readHostFacts(): Promise<HostFacts> {
  const [memory, cpus, nodes] = await Promise.all([readFile('/proc/meminfo', 'utf8'), readFile('/proc/cpuinfo', 'utf8'), numaNodes()]);
  return {
    bootId: readBootId(),
    memoryTotal: mebibytes(memory, 'MemTotal'),
    memoryAvailable: mebibytes(memory, 'MemAvailable'),
    cpuTotal: Math.max(1, cpus.match(/^processor\s*:/gm)?.length ?? 0),
    cpuNodes: nodes,
    // Architectures that do not tell their sockets have one, as far as we know.
    cpuSockets: Math.max(1, new Set(cpus.match(/^physical id\s*:.*$/gm)).size),
  };
}

function mebibytes(meminfo: string, field: string): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/meminfo has no ${field}`);
  return Math.floor(Number(kibibytes) / 1024);
}

async function numaNodes(): Promise<number> {
  try {
    const names = await readdir('/sys/devices/system/node');
    return Math.max(1, names.filter((name) => /^node\d+$/.test(name)).length);
  } catch (error) {
    // Kernels without NUMA do not have the folder.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 1;
    throw error;
  }
}

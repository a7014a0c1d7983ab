import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Random } from '../../src/base/index.ts';

/** Files of the host itself that a node is made of; what is not there is left out. */
const ofTheHost = [
  'stat',
  'diskstats',
  'meminfo',
  'vmstat',
  'loadavg',
  'uptime',
  'mounts',
  'self/mounts',
  'self/mountinfo',
  'pressure/cpu',
  'pressure/memory',
  'pressure/io',
];

/** Writes the files of a node with so many KVM instances, as `/proc` and the run folder of the node agent show them. */
export function writeNode(root: string, instances: number, random: Random): void {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const name of ofTheHost) copyIfThere(`/proc/${name}`, join(root, 'proc', name));
  const some = (most: number) => Math.floor(random() * most);
  const taps: string[] = [];
  const bootId = '00000000-0000-4000-8000-000000000000';
  write('/proc/sys/kernel/random/boot_id', `${bootId}\n`);
  for (let i = 0; i < instances; i++) {
    const pid = 10_000 + i;
    const uuid = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
    const [name, tap, startTicks] = [`instance${i}.example.com`, `tap${i}`, 100 + i];
    const runtime = { version: 1, uuid, name, process: { pid, startTicks, bootId }, phase: 'running', request: { nics: [{ tap }] } };
    write(`/run/gantry/instances/${uuid}/runtime.json`, JSON.stringify(runtime));
    write(
      `/proc/${pid}/stat`,
      `${pid} (qemu-system-x86) S 1 1 1 0 -1 0 0 0 0 0 ${some(1e6)} ${some(1e5)} 0 0 20 0 4 0 ${startTicks} 9000000 100 0 1\n`,
    );
    write(`/proc/${pid}/status`, `Name:\tqemu\nVmRSS:\t ${some(1e7)} kB\nVmSwap:\t 0 kB\nHugetlbPages:\t 0 kB\n`);
    write(
      `/proc/${pid}/io`,
      `rchar: 1\nwchar: 2\nsyscr: ${some(1e6)}\nsyscw: 4\nread_bytes: ${some(1e9)}\nwrite_bytes: ${some(1e9)}\ncancelled_write_bytes: 0\n`,
    );
    write(`/proc/${pid}/cgroup`, '0::/system.slice/gantry-agent.service\n');
    taps.push(` ${tap}: ${some(1e9)} ${some(1e6)} 0 0 0 0 0 0 ${some(1e9)} ${some(1e6)} 0 0 0 0 0 0\n`);
  }
  write('/proc/net/dev', `Inter-|   Receive\n face |bytes\n${taps.join('')}`);
}

function copyIfThere(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  try {
    // Their size is 0 for the system; a copy by it would be empty.
    writeFileSync(to, readFileSync(from));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

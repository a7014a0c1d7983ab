import type { ProcFiles } from '../files/proc-files.ts';
import type { CgroupPaths, CgroupPlace } from './cgroup-paths.ts';
import { type CgroupUsage, parseCpuStat1, parseCpuStat2, parseIoStat1, parseIoStat2, parseMemoryStat } from './parse-cgroup-files.ts';
import { type Pressure, parsePressure } from './parse-pressure.ts';

/** Pressure of a control group of version 2. */
export interface CgroupPressure {
  readonly cpu: Pressure | null;
  readonly memory: Pressure | null;
  readonly io: Pressure | null;
}

/** One control group, of either version or of both. */
export interface Cgroup {
  /**
   * What it used; figures of removed files, or that the kernel does not count, are absent. Version 1 has seven files where
   * version 2 has four: of those that nothing is computed from (who spent CPU time, throttling, operations), and of huge pages,
   * it gives what it read last.
   * @param whole - reads them too
   */
  usage(whole: boolean): CgroupUsage;
  /** `undefined` for version 1, which has none. */
  pressure(): CgroupPressure | undefined;
  /** Closes its files. */
  forget(): void;
}

/** Paths are put together here and once only: a node reads thousands of these files a minute. */
export function openCgroup(files: ProcFiles, { cpu, memory, io, hugetlb }: CgroupPaths): Cgroup {
  const readCpu = cpu ? cpuReader(files, cpu) : () => undefined;
  const readMemory = memory ? memoryReader(files, memory, hugetlb) : () => undefined;
  const readIo = io ? ioReader(files, io) : () => undefined;
  const pressure = cpu?.version === 2 ? pressureReader(files, cpu.folder) : () => undefined;
  return {
    usage: (whole) => {
      const [cpuUsed, memoryUsed, ioUsed] = [readCpu(whole), readMemory(whole), readIo(whole)];
      return { ...(cpuUsed && { cpu: cpuUsed }), ...(memoryUsed && { memory: memoryUsed }), ...(ioUsed && { io: ioUsed }) };
    },
    pressure,
    forget: () => {
      for (const place of [cpu, memory, io, hugetlb]) if (place) files.forget(place.folder);
    },
  };
}

function cpuReader(files: ProcFiles, { version, folder }: CgroupPlace): (whole: boolean) => CgroupUsage['cpu'] {
  if (version === 2) {
    const stat = `${folder}/cpu.stat`;
    return () => parseCpuStat2(files.readIfThere(stat));
  }
  const usage = `${folder}/cpuacct.usage`;
  const stat = rarelyRead(files, `${folder}/cpuacct.stat`);
  const throttling = rarelyRead(files, `${folder.replace('/cpuacct', '/cpu')}/cpu.stat`);
  return (whole) => parseCpuStat1(files.readIfThere(usage), stat(whole), throttling(whole));
}

function memoryReader(
  files: ProcFiles,
  { version, folder }: CgroupPlace,
  hugetlb: CgroupPlace | null,
): (whole: boolean) => CgroupUsage['memory'] {
  const stat = `${folder}/memory.stat`;
  const swap = version === 2 ? `${folder}/memory.swap.current` : undefined;
  const hugePages = hugetlb ? hugePagesReader(files, hugetlb.folder) : () => 0;
  return (whole) => {
    const memory = parseMemoryStat(files.readIfThere(stat), swap && files.readIfThere(swap));
    return memory && { ...memory, resident: memory.resident + hugePages(whole) };
  };
}

/** Bytes in huge pages of all sizes; what is only reserved is not among them. */
function hugePagesReader(files: ProcFiles, folder: string): (whole: boolean) => number {
  const sizes = files.list(folder).filter((name) => /^hugetlb\.\d+[KMG]B\.(?:current|usage_in_bytes)$/.test(name));
  const readers = sizes.map((name) => rarelyRead(files, `${folder}/${name}`));
  return (whole) => readers.reduce((sum, read) => sum + (Number(read(whole)) || 0), 0);
}

function ioReader(files: ProcFiles, { version, folder }: CgroupPlace): (whole: boolean) => CgroupUsage['io'] {
  if (version === 2) {
    const stat = `${folder}/io.stat`;
    return () => parseIoStat2(files.readIfThere(stat));
  }
  // With those of groups below where the kernel counts them (since 4.1).
  const all = files.readIfThere(`${folder}/blkio.throttle.io_service_bytes_recursive`) === undefined ? '' : '_recursive';
  const bytes = `${folder}/blkio.throttle.io_service_bytes${all}`;
  const operations = rarelyRead(files, `${folder}/blkio.throttle.io_serviced${all}`);
  return (whole) => parseIoStat1(files.readIfThere(bytes), operations(whole));
}

function rarelyRead(files: ProcFiles, path: string): (now: boolean) => string | undefined {
  let text: string | undefined;
  let isKnown = false;
  return (now) => {
    if (now || !isKnown) text = files.readIfThere(path);
    isKnown = true;
    return text;
  };
}

function pressureReader(files: ProcFiles, folder: string): () => CgroupPressure {
  const [cpu, memory, io] = ['cpu', 'memory', 'io'].map((resource) => `${folder}/${resource}.pressure`) as [string, string, string];
  const read = (path: string) => parsePressure(files.readIfThere(path));
  return () => ({ cpu: read(cpu), memory: read(memory), io: read(io) });
}

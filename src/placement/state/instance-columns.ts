import { mirroringOf, usesLocalStorage } from '../../model/disk-templates/catalogue.ts';
import type { PreparedInstance } from '../cluster/prepare-cluster.ts';
import { isOffline, isRunning, usesMemory } from '../cluster/uses-memory.ts';

/** How the disks of an instance are available elsewhere: column `mirroring`. */
export const mirror = { none: 0, internal: 1, external: 2 } as const;

/** Quantities of the instances; only `primary`, `secondary` and `location` change. */
export interface InstanceColumns {
  readonly memory: Float64Array;
  /** What it really uses; -1: not known. */
  readonly usedMemory: Float64Array;
  readonly disk: Float64Array;
  readonly vcpus: Float64Array;
  /** Spindle use where storage is shared. */
  readonly spindleUse: Float64Array;
  /** Spindles of its disks where storage is exclusive; -1: not said. */
  readonly spindles: Int32Array;
  readonly loadCpu: Float64Array;
  readonly loadMemory: Float64Array;
  readonly loadDisk: Float64Array;
  readonly loadNetwork: Float64Array;
  readonly mirroring: Uint8Array;
  /** Takes disk space of its nodes. */
  readonly local: Uint8Array;
  readonly usesMemory: Uint8Array;
  /** Memory is reserved for it on its secondary node. */
  readonly reserves: Uint8Array;
  /** Takes processors. */
  readonly online: Uint8Array;
  readonly running: Uint8Array;
  readonly forthcoming: Uint8Array;
  readonly movable: Uint8Array;
  readonly primary: Int32Array;
  readonly secondary: Int32Array;
}

export function instanceColumns(instances: readonly PreparedInstance[], size: number): InstanceColumns {
  const floats = () => new Float64Array(size);
  const flags = () => new Uint8Array(size);
  const columns: InstanceColumns = {
    memory: floats(),
    usedMemory: floats(),
    disk: floats(),
    vcpus: floats(),
    spindleUse: floats(),
    spindles: new Int32Array(size),
    loadCpu: floats(),
    loadMemory: floats(),
    loadDisk: floats(),
    loadNetwork: floats(),
    mirroring: flags(),
    local: flags(),
    usesMemory: flags(),
    reserves: flags(),
    online: flags(),
    running: flags(),
    forthcoming: flags(),
    movable: flags(),
    primary: new Int32Array(size).fill(-1),
    secondary: new Int32Array(size).fill(-1),
  };
  instances.forEach((instance, i) => writeInstance(columns, i, instance));
  return columns;
}

/** Fills the row of one instance. */
export function writeInstance(columns: InstanceColumns, i: number, instance: PreparedInstance): void {
  const { load = unit, status, diskTemplate, disks } = instance;
  const known = disks.every(({ spindles }) => spindles !== undefined);
  columns.memory[i] = instance.memory;
  columns.usedMemory[i] = instance.usedMemory ?? -1;
  columns.disk[i] = instance.disk;
  columns.vcpus[i] = instance.vcpus;
  columns.spindleUse[i] = instance.spindleUse;
  columns.spindles[i] = known ? disks.reduce((sum, { spindles }) => sum + (spindles ?? 0), 0) : -1;
  columns.loadCpu[i] = load.cpu;
  columns.loadMemory[i] = load.memory;
  columns.loadDisk[i] = load.disk;
  columns.loadNetwork[i] = load.network;
  columns.mirroring[i] = mirror[mirroringOf(diskTemplate)];
  columns.local[i] = Number(usesLocalStorage(diskTemplate));
  columns.usesMemory[i] = Number(!instance.forthcoming && usesMemory(status));
  columns.reserves[i] = Number(!isOffline(status) && instance.autoBalance);
  columns.online[i] = Number(!isOffline(status));
  columns.running[i] = Number(isRunning(status));
  columns.forthcoming[i] = Number(instance.forthcoming);
  columns.movable[i] = Number(instance.movable && instance.autoBalance);
  columns.primary[i] = instance.primary;
  columns.secondary[i] = instance.secondary;
}

const unit = { cpu: 1, memory: 1, disk: 1, network: 1 } as const;

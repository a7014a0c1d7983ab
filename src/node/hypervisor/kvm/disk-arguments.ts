import type { KvmHvparams } from '../../../model/index.ts';
import { blockNode, formatOf } from '../../storage/block-node.ts';
import type { StartRequest } from '../start-request.ts';

type Disk = StartRequest['disks'][number];

/** PCI slots: 0x3-0x7 for fixed devices, eight NICs from 0x8, sixteen disks from 0x10; both sides of a migration agree. */
const firstDiskSlot = 0x10;

/** Name of the block node and device of a disk; QEMU allows 31 characters. */
export const diskId = (uuid: string): string => `disk-${uuid.slice(0, 18)}`;

/** `-blockdev` and `-device` for every disk and the CD. */
export function diskArguments(disks: readonly Disk[], hvparams: KvmHvparams): string[] {
  const controller = hvparams.disk_type === 'scsi-hd' && disks.length > 0 ? ['-device', 'virtio-scsi-pci,id=scsi0,addr=0x6'] : [];
  return [...controller, ...disks.flatMap((disk, index) => oneDisk(disk, index, hvparams)), ...cdArguments(hvparams)];
}

function oneDisk(disk: Disk, index: number, hvparams: KvmHvparams): string[] {
  const id = diskId(disk.uuid);
  const readOnly = disk.mode === 'ro';
  // aio=native is refused by QEMU unless the page cache is left out.
  const direct = hvparams.disk_cache === 'none' || hvparams.disk_aio === 'native';
  const common = {
    'read-only': readOnly,
    'auto-read-only': false,
    discard: hvparams.disk_discard === 'unmap' ? 'unmap' : 'ignore',
    cache: { direct, 'no-flush': false },
  };
  const protocol = {
    'node-name': `${id}-file`,
    ...blockNode(disk),
    ...(isLocal(disk) ? { aio: hvparams.disk_aio, locking: 'auto' } : {}),
    ...common,
  };
  // No disk has a backing file; what its header says, which QEMU's user can write, is not looked at.
  const imageFormat = formatOf(disk);
  const backing = imageFormat === 'qcow2' ? { backing: null } : {};
  const format = { 'node-name': id, driver: imageFormat, file: protocol['node-name'], ...common, ...backing };
  return ['-blockdev', JSON.stringify(protocol), '-blockdev', JSON.stringify(format), '-device', diskDevice(id, index, hvparams)];
}

/**
 * Whether QEMU opens it through the kernel. Such an image is locked while it is written to; a migration hands the lock over with
 * the running state.
 */
const isLocal = ({ driver }: Disk): boolean => driver === 'file' || driver === 'host_device';

function diskDevice(id: string, index: number, hvparams: KvmHvparams): string {
  const cache = hvparams.disk_cache === 'writethrough' ? ',write-cache=off' : '';
  const boot = bootIndex(hvparams, 'disk', index);
  const tail = `drive=${id},id=${id}${boot}${cache}`;
  if (hvparams.disk_type === 'scsi-hd') return `scsi-hd,bus=scsi0.0,scsi-id=${index},${tail}`;
  if (hvparams.disk_type === 'ide') return `ide-hd,bus=ide.${index >> 1},unit=${index & 1},${tail}`;
  return `virtio-blk-pci,addr=0x${(firstDiskSlot + index).toString(16)},${tail}`;
}

function cdArguments(hvparams: KvmHvparams): string[] {
  if (hvparams.cdrom_image_path === '') return [];
  const node = { 'node-name': 'cd0', driver: 'file', filename: hvparams.cdrom_image_path, 'read-only': true };
  return ['-blockdev', JSON.stringify(node), '-device', `ide-cd,bus=ide.1,unit=1,drive=cd0,id=cd0${bootIndex(hvparams, 'cdrom', 0)}`];
}

/** `,bootindex=…` so that the devices of the wanted kind come first and the disks after them. */
export function bootIndex(hvparams: KvmHvparams, kind: 'disk' | 'cdrom' | 'network', index: number): string {
  if (hvparams.kernel_path !== '') return '';
  const order = hvparams.boot_order === kind ? 0 : kind === 'disk' ? 100 : 200;
  return `,bootindex=${order + index}`;
}

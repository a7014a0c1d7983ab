import { guestMemoryMib, kernelArguments, slots } from './image-recipe.ts';

/** How one QEMU is started. The machine is the same for all, because all continue from one saved state. */
export interface MachineOptions {
  readonly kernel: string;
  readonly initrd: string;
  /** Name of a format of QEMU, and path. */
  readonly disk: { readonly format: 'raw' | 'qcow2'; readonly path: string };
  /** Beginning of the paths of its sockets, its console and its log, e.g. `/tmp/lab/node1`. */
  readonly prefix: string;
  /** Arguments for the network devices' backends `lan` and `ssh`. */
  readonly lan: string;
  readonly ssh: string;
  readonly mac: string;
  /** A file with a saved state to continue from; without one the machine boots. */
  readonly state?: string;
  readonly dataDisks: readonly DataDisk[];
}

/** A raw file that the guest has as `/dev/disk/by-id/virtio-<name>`. */
export interface DataDisk {
  readonly name: string;
  readonly path: string;
}

export const qmpPath = (prefix: string): string => `${prefix}.qmp`;
export const agentPath = (prefix: string): string => `${prefix}.agent`;

/** A power cut ends QEMU and not this host, so what QEMU has written is enough: nothing waits for the host's disk. */
export const diskFile = (filename: string) => ({ driver: 'file', filename, cache: { 'no-flush': true } });

const pci = (slot: number): string => `addr=0x${slot.toString(16)}`;

export function machineArguments({ kernel, initrd, disk, prefix, lan, ssh, mac }: MachineOptions): string[] {
  const root = { driver: disk.format, 'node-name': 'root', file: diskFile(disk.path), discard: 'unmap' };
  return [
    ['-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'pc,accel=tcg,usb=off', '-cpu', 'max', '-smp', '2'],
    ['-m', `${guestMemoryMib}`, '-kernel', kernel, '-initrd', initrd, '-append', kernelArguments],
    ['-qmp', `unix:${qmpPath(prefix)},server=on,wait=off`, '-serial', `file:${prefix}.console`],
    ['-blockdev', JSON.stringify(root), '-device', `virtio-blk-pci,drive=root,${pci(slots.root)}`],
    ['-chardev', `socket,id=agent,path=${agentPath(prefix)},server=on,wait=off`],
    ['-device', `virtio-serial-pci,${pci(slots.agent)}`, '-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
    ['-netdev', lan, '-device', `virtio-net-pci,netdev=lan,mac=${mac},romfile=,${pci(slots.lan)}`],
    ['-netdev', ssh, '-device', `virtio-net-pci,netdev=ssh,mac=52:54:00:5c:00:01,romfile=,${pci(slots.ssh)}`],
    ['-object', 'rng-random,id=random,filename=/dev/urandom', '-device', `virtio-rng-pci,rng=random,${pci(slots.random)}`],
  ].flat();
}

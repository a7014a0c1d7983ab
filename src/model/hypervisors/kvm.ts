import { type Static, Type } from 'typebox';
import type { HypervisorRow } from './hypervisor-row.ts';
import { requirePrivateVnc } from './require-private-vnc.ts';

const cacheModes = ['default', 'none', 'writeback', 'writethrough'] as const;

/** KVM parameters, complete; Ganeti's names and meanings (gnt-instance(8)). */
export const KvmHvparams = Type.Object(
  {
    acpi: Type.Boolean({ description: 'ACPI for the guest' }),
    boot_order: Type.Enum(['disk', 'cdrom', 'network', 'floppy'], { description: 'Boot device' }),
    cdrom_image_path: Type.String({ description: 'Image of a CD on the node, or empty' }),
    cpu_type: Type.String({ pattern: '^[\\w.,+=-]*$', description: 'CPU model as QEMU names it, or empty for its default' }),
    disk_aio: Type.Enum(['threads', 'native', 'io_uring']),
    disk_cache: Type.Enum(cacheModes),
    disk_discard: Type.Enum(['default', 'ignore', 'unmap']),
    disk_type: Type.Enum(['paravirtual', 'scsi-hd', 'ide']),
    nic_type: Type.Enum(['paravirtual', 'e1000', 'rtl8139']),
    kernel_path: Type.String({ description: 'Kernel on the node for direct boot, or empty to boot from disk' }),
    initrd_path: Type.String(),
    kernel_args: Type.String(),
    root_path: Type.String(),
    machine_version: Type.String({ pattern: '^[\\w.-]*$', description: 'QEMU machine type; if empty, it is set at the first start' }),
    migration_bandwidth: Type.Integer({ minimum: 1, description: 'MiB per second' }),
    migration_downtime: Type.Integer({ minimum: 1, description: 'Allowed pause, milliseconds' }),
    migration_mode: Type.Enum(['live', 'non-live']),
    migration_port: Type.Integer({ minimum: 1, maximum: 65535 }),
    serial_console: Type.Boolean(),
    serial_speed: Type.Integer({ minimum: 300 }),
    use_localtime: Type.Boolean(),
    vga: Type.String({ pattern: '^\\w*$' }),
    vnc_bind_address: Type.String({
      description:
        '127.0.0.1 for a VNC console, or empty for none; connect with "gantry instance console --vnc", it is never on the network',
    }),
    accelerator: Type.Enum(['auto', 'kvm', 'tcg'], { description: 'auto: the result of the probe on the node' }),
    use_guest_agent: Type.Boolean(),
    reboot_behavior: Type.Enum(['reboot', 'exit']),
  },
  { additionalProperties: false },
);
export type KvmHvparams = Static<typeof KvmHvparams>;

export const defaultKvmHvparams: KvmHvparams = {
  acpi: true,
  boot_order: 'disk',
  cdrom_image_path: '',
  cpu_type: '',
  disk_aio: 'threads',
  disk_cache: 'default',
  disk_discard: 'default',
  disk_type: 'paravirtual',
  nic_type: 'paravirtual',
  kernel_path: '',
  initrd_path: '',
  kernel_args: 'ro',
  root_path: '/dev/vda1',
  machine_version: '',
  migration_bandwidth: 1024,
  migration_downtime: 30,
  migration_mode: 'live',
  migration_port: 8102,
  serial_console: true,
  serial_speed: 38400,
  use_localtime: false,
  vga: '',
  vnc_bind_address: '127.0.0.1',
  accelerator: 'auto',
  use_guest_agent: false,
  reboot_behavior: 'reboot',
};

/** QEMU, accelerated by KVM or not. */
export const kvm = {
  summary: 'virtual machines (QEMU)',
  built: true,
  simulated: false,
  can: ['migration', 'reset', 'resume'],
  disks: 'block',
  nics: 'tap',
  consoles: ['serial', 'vnc'],
  schema: KvmHvparams,
  defaults: defaultKvmHvparams,
  check: ({ vnc_bind_address: address }) => {
    if (typeof address === 'string') requirePrivateVnc(address);
  },
} as const satisfies HypervisorRow;

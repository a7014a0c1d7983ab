import { builtHypervisors, hypervisorRow } from '../../../model/index.ts';
import type { FieldKind } from '../../fields/value-types.ts';

/** Parameters that only matter while an instance migrates; Ganeti does not count them among those of the instance. */
export const migrationOnlyHvparams: readonly string[] = ['migration_bandwidth', 'migration_mode', 'migration_port', 'xen_cmd'];

/** Ganeti's hypervisor parameters by the kind of their field; clients ask for them whatever the hypervisor is. */
const names: Partial<Record<FieldKind, string>> = {
  bool: `acpi pae serial_console spice_playback_compression spice_use_tls spice_use_vdagent use_bootloader use_chroot
    use_guest_agent use_localtime user_shutdown vhost_net viridian vnc_tls vnc_x509_verify vnet_hdr`,
  other: `blockdev_prefix boot_order bootloader_args bootloader_path cdrom2_image_path cdrom_disk_type cdrom_image_path cpu_mask
    cpu_type cpuid device_model devices disk_aio disk_cache disk_discard disk_type drop_capabilities extra_cgroups
    extra_config floppy_image_path init_script initrd_path kernel_args kernel_path keymap kvm_extra kvm_flag kvm_path
    machine_version mem_path migration_caps nic_type pci_pass reboot_behavior root_path scsi_controller_type security_domain
    security_model soundhw spice_bind spice_image_compression spice_jpeg_wan_compression spice_password_file
    spice_streaming_video spice_tls_ciphers spice_zlib_glz_wan_compression usb_devices usb_mouse vga vif_script vif_type
    vnc_bind_address vnc_password_file vnc_x509_path`,
  number: `cpu_cap cpu_cores cpu_sockets cpu_threads cpu_weight kvm_pci_reservations migration_downtime num_ttys serial_speed
    spice_ip_version startup_timeout virtio_net_queues`,
};

/** Titles that are not the name of the field. */
const titles: Record<string, string> = {
  acpi: 'ACPI',
  boot_order: 'Boot_order',
  cdrom_image_path: 'CDROM_image_path',
  cpu_type: 'cpu_type',
  disk_type: 'Disk_type',
  initrd_path: 'Initrd_path',
  kernel_path: 'Kernel_path',
  nic_type: 'NIC_type',
  pae: 'PAE',
  pci_pass: 'pci_pass',
  vnc_bind_address: 'VNC_bind_address',
};

const kindOf = (value: unknown): FieldKind => (typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'number' : 'other');

/** Name, title and kind of the field of every hypervisor parameter that Ganeti or this build knows. */
export function ganetiHvFields(): [param: string, title: string, kind: FieldKind][] {
  const kinds = new Map<string, FieldKind>();
  for (const [kind, text] of Object.entries(names)) for (const name of text.split(/\s+/)) kinds.set(name, kind as FieldKind);
  for (const hypervisor of builtHypervisors)
    for (const [name, value] of Object.entries(hypervisorRow(hypervisor).defaults)) if (!kinds.has(name)) kinds.set(name, kindOf(value));
  return [...kinds]
    .filter(([name]) => !migrationOnlyHvparams.includes(name))
    .map(([name, kind]) => [name, titles[name] ?? `hv/${name}`, kind]);
}

import { GantryError } from '../../../base/index.ts';
import type { KvmHvparams } from '../../../model/index.ts';
import type { InstanceSpec } from '../../../rpc/index.ts';
import { deviceOf, type PreparedNic } from '../../network/prepared-nic.ts';
import type { StartRequest } from '../start-request.ts';
import { bootIndex, diskArguments } from './disk-arguments.ts';
import { descriptorOf, type HandedSocket } from './handed-sockets.ts';
import { vncName } from './instance-files.ts';
import { kvmParameters } from './kvm-parameters.ts';

export interface CommandLineOptions {
  /** Versioned machine type, e.g. `pc-i440fx-7.2`. */
  readonly machine: string;
  readonly accelerator: 'kvm' | 'tcg';
  /** Waits for the state of another node instead of starting. */
  readonly incoming: boolean;
}

const firstNicSlot = 0x8;
const nicModels = { paravirtual: 'virtio-net-pci', e1000: 'e1000', rtl8139: 'rtl8139' } as const;

/**
 * QEMU's arguments for an instance, a pure function of the request. The order and the PCI slots are fixed, so that both
 * sides of a migration build the same machine. Sockets are descriptors that QEMU is started with, but for that of VNC, whose
 * name is relative to QEMU's working directory.
 */
export function buildCommandLine(request: StartRequest, options: CommandLineOptions): string[] {
  const { spec } = request;
  const hvparams = kvmParameters(spec);
  return [
    ...['-nodefaults', '-no-user-config', '-S'].slice(0, options.incoming ? 2 : 3),
    ...['-name', `guest=${spec.name},process=${processName(spec.name)}`, '-uuid', spec.uuid],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...machineArguments(spec, hvparams, options),
    ...qmpArguments('qmp', 'qmp', hvparams),
    ...qmpArguments('qmpmonitor', 'qmpMonitor', hvparams),
    // A guest that switches itself off leaves QEMU standing, so that this can be told apart from a crash.
    ...['-action', `shutdown=pause,reboot=${hvparams.reboot_behavior === 'exit' ? 'shutdown' : 'reset'}`],
    ...['-device', 'virtio-balloon-pci,id=balloon0,addr=0x3'],
    ...['-object', 'rng-builtin,id=rng0', '-device', 'virtio-rng-pci,rng=rng0,addr=0x4'],
    ...serialArguments(hvparams),
    ...displayArguments(spec, hvparams),
    ...guestAgentArguments(hvparams),
    ...kernelArguments(hvparams),
    ...diskArguments(request.disks, hvparams),
    ...request.nics.flatMap((nic, index) => nicArguments(nic, index, hvparams)),
    ...(options.incoming ? ['-incoming', 'defer'] : []),
  ];
}

const socketChardev = (id: string, socket: HandedSocket, hvparams: KvmHvparams): string[] => [
  '-chardev',
  `socket,id=${id},fd=${descriptorOf(socket, hvparams)},server=on,wait=off`,
];

const qmpArguments = (id: string, socket: HandedSocket, hvparams: KvmHvparams): string[] => [
  ...socketChardev(id, socket, hvparams),
  ...['-mon', `chardev=${id},mode=control`],
];

/** Name of the process for `ps`; the kernel keeps 15 bytes. */
const processName = (name: string): string => `vm-${name}`.slice(0, 15);

function machineArguments(spec: InstanceSpec, hvparams: KvmHvparams, options: CommandLineOptions): string[] {
  return [
    ...['-machine', `${options.machine},memory-backend=ram0,acpi=${hvparams.acpi ? 'on' : 'off'}`],
    // The translation cache of TCG would grow to an eighth of the host's memory for every guest.
    ...['-accel', options.accelerator === 'tcg' ? 'tcg,tb-size=128' : 'kvm'],
    ...(hvparams.cpu_type === '' ? [] : ['-cpu', hvparams.cpu_type]),
    ...['-smp', String(spec.vcpus)],
    ...['-m', `size=${spec.memory}M`, '-object', `memory-backend-ram,id=ram0,size=${spec.memory}M`],
    ...['-rtc', `base=${hvparams.use_localtime ? 'localtime' : 'utc'}`],
  ];
}

function serialArguments(hvparams: KvmHvparams): string[] {
  if (!hvparams.serial_console) return [];
  return [...socketChardev('serial0', 'serial', hvparams), '-device', 'isa-serial,chardev=serial0,id=serial0'];
}

/** Whether the instance has a graphical console: by its parameters, and a console port, which it got with them when it was created. */
export const hasVnc = (spec: Pick<InstanceSpec, 'hvparams' | 'network_port'>): boolean =>
  kvmParameters(spec).vnc_bind_address !== '' && spec.network_port !== null;

function displayArguments(spec: InstanceSpec, hvparams: KvmHvparams): string[] {
  if (!hasVnc(spec)) return ['-display', 'none', '-vga', hvparams.vga || 'none'];
  const tablet = ['-device', 'qemu-xhci,id=usb0,addr=0x7', '-device', 'usb-tablet,bus=usb0.0,id=tablet0'];
  return ['-display', `vnc=unix:${vncName}`, '-vga', hvparams.vga || 'std', ...tablet];
}

function guestAgentArguments(hvparams: KvmHvparams): string[] {
  if (!hvparams.use_guest_agent) return [];
  return [
    ...['-device', 'virtio-serial-pci,id=vserial0,addr=0x5'],
    ...socketChardev('agent0', 'guestAgent', hvparams),
    ...['-device', 'virtserialport,bus=vserial0.0,chardev=agent0,name=org.qemu.guest_agent.0'],
  ];
}

/** Direct boot of a kernel of the node: root device, the operator's arguments, and the serial console. */
function kernelArguments(hvparams: KvmHvparams): string[] {
  if (hvparams.kernel_path === '') return [];
  const append = [
    ...(hvparams.root_path ? [`root=${hvparams.root_path}`] : []),
    ...(hvparams.kernel_args ? [hvparams.kernel_args] : []),
    ...(hvparams.serial_console ? [`console=ttyS0,${hvparams.serial_speed}`] : []),
  ].join(' ');
  const initrd = hvparams.initrd_path === '' ? [] : ['-initrd', hvparams.initrd_path];
  return ['-kernel', hvparams.kernel_path, ...initrd, '-append', append];
}

function nicArguments(nic: PreparedNic, index: number, hvparams: KvmHvparams): string[] {
  if (nic.kind !== 'tap') throw new GantryError('INTERNAL', { detail: `QEMU cannot use the device ${deviceOf(nic)}` });
  const id = `nic-${nic.uuid.slice(0, 18)}`;
  const slot = `0x${(firstNicSlot + index).toString(16)}`;
  const boot = hvparams.boot_order === 'network' ? bootIndex(hvparams, 'network', index) : '';
  return [
    '-netdev',
    `tap,id=${id},ifname=${nic.tap},script=no,downscript=no`,
    '-device',
    `${nicModels[hvparams.nic_type]},netdev=${id},id=${id},mac=${nic.mac},addr=${slot}${boot}`,
  ];
}

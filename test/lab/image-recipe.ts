import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Memory of a guest in MiB. It belongs to the saved state, so all guests have the same. */
export const guestMemoryMib = 1024;

/** Names of the guest's interfaces: the private network, and the one that only ssh from the host uses. */
export const lanDevice = 'lan0';
export const sshDevice = 'mgmt0';

/** PCI slots. They never change, so that names of devices do not, whether a guest continues from the saved state or boots. */
export const slots = { root: 4, agent: 5, lan: 6, ssh: 7, random: 8, data: 16 } as const;

const system = ['systemd', 'systemd-sysv', 'dbus', 'udev', 'linux-image-cloud-amd64', 'qemu-guest-agent', 'openssh-server'];
const tools = ['iproute2', 'iputils-ping', 'procps', 'logrotate', 'ca-certificates', 'curl'];
const storage = ['lvm2', 'thin-provisioning-tools', 'drbd-utils', 'nftables', 'fio'];

/** What is in the image besides the essential packages: the system, what a node of Gantry needs, and what the tests of storage need. */
export async function imagePackages(): Promise<string[]> {
  const list = await readFile(join(import.meta.dirname, '../../tools/debian-packages.txt'), 'utf8');
  const forNodes = list.split('\n').flatMap((line) => {
    const [purpose, name = '', architecture] = line.split(/\s+/);
    return purpose === 'run' && architecture !== 'arm64' ? [name] : [];
  });
  return [...new Set([...system, ...tools, ...storage, ...forNodes])];
}

/** Pages that nobody reads in there, and the maker of an initial RAM file system. The finished image has no such rule: what tests install is whole. */
export const leftOut = [
  '/usr/share/man/*',
  '/usr/share/doc/*',
  '/usr/share/locale/*',
  '/usr/share/info/*',
  '/etc/kernel/postinst.d/initramfs-tools',
];

const unwanted = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'drbd.service',
  'fio.service',
  'fstrim.timer',
  'logrotate.timer',
  'getty@tty1.service',
  'systemd-pstore.service',
];

/** In the order in which the initial RAM file system loads them; what they depend on is added. The file system ext4 is built in. */
export const initrdModules = ['virtio_pci', 'virtio_blk'];

export const kernelArguments =
  'root=/dev/vda console=ttyS0 quiet panic=5 tsc=reliable no_timer_check mitigations=off random.trust_cpu=on systemd.show_status=false';

const nicLink = (slot: number, name: string): string =>
  `[Match]\nPath=pci-0000:00:${slot.toString(16).padStart(2, '0')}.0\n\n[Link]\nName=${name}\n`;

/** Files of the image, by their path. */
export const imageFiles: Readonly<Record<string, string>> = {
  '/etc/hostname': 'lab\n',
  '/etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
  '/etc/fstab': '/dev/vda / ext4 noatime 0 0\n',
  '/etc/machine-id': 'uninitialized\n',
  '/etc/apt/sources.list': '',
  '/etc/modules-load.d/lab.conf': 'virtio_net\nvirtio_console\nvirtio_rng\n',
  '/etc/systemd/network/10-lan.link': nicLink(slots.lan, lanDevice),
  '/etc/systemd/network/10-ssh.link': nicLink(slots.ssh, sshDevice),
  '/etc/systemd/network/20-ssh.network': `[Match]\nName=${sshDevice}\n\n[Network]\nAddress=10.0.2.15/24\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n`,
  '/etc/ssh/sshd_config.d/lab.conf':
    'PermitRootLogin prohibit-password\nPasswordAuthentication no\nUseDNS no\nPrintMotd no\nPrintLastLog no\nMaxSessions 64\n',
  '/etc/systemd/system.conf.d/lab.conf': '[Manager]\nDefaultTimeoutStartSec=300\n',
};

/** Links of the image: the path, and what it points to. */
export const imageLinks: Readonly<Record<string, string>> = {
  '/etc/systemd/system/multi-user.target.wants/systemd-networkd.service': '/lib/systemd/system/systemd-networkd.service',
  ...Object.fromEntries(unwanted.map((unit) => [`/etc/systemd/system/${unit}`, '/dev/null'])),
};

/** The only program of the initial RAM file system's own: loads the modules and hands over to systemd. */
export const initrdInit = `#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
while read -r module; do /bin/busybox insmod "/modules/$module"; done </modules/order
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 200 ]; do /bin/busybox sleep 0.05; tries=$((tries + 1)); done
/bin/busybox mount -t ext4 -o noatime /dev/vda /system || exec /bin/busybox sh
/bin/busybox mount --move /dev /system/dev
/bin/busybox umount /proc
exec /bin/busybox switch_root /system /sbin/init
`;

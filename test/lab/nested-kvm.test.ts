import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLab } from './lab.ts';

const skip = process.getuid?.() !== 0 && 'only root can build the image';

/** In the guest: an initial RAM file system whose only program says that it runs, and a QEMU that boots it on KVM. */
const bootInside = `set -e
mkdir -p /srv/tiny/bin /srv/tiny/dev && cd /srv/tiny
cp /bin/busybox bin/
for library in $(ldd /bin/busybox | grep -o '/lib[^ ]*'); do cp --parents "$library" .; done
printf '#!/bin/busybox sh\\n/bin/busybox echo user space reached on $(/bin/busybox uname -r)\\n/bin/busybox poweroff -f\\n' >init
chmod 755 init
mknod dev/console c 5 1
find . | busybox cpio -o -H newc >/srv/tiny.cpio
exec qemu-system-x86_64 -nodefaults -no-user-config -display none -machine pc,accel=kvm -cpu host -m 128 -no-reboot \\
  -serial stdio -kernel /boot/vmlinuz-$(uname -r) -initrd /srv/tiny.cpio -append 'console=ttyS0 quiet panic=-1'
`;

test('KVM works in a guest: a guest of the guest reaches its user space', { skip, timeout: 30 * 60_000 }, async () => {
  await using lab = await startLab();
  const [guest] = lab.guests;
  assert.ok(guest);
  await guest.run(['sh', '-c', 'modprobe kvm_amd || modprobe kvm_intel']);
  const { stdout } = await guest.run(['sh', '-s'], { input: bootInside, seconds: 180 });
  assert.match(stdout, /user space reached on 6\./);
});

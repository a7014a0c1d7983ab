import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StartRequest } from '../start-request.ts';
import { buildCommandLine, hasVnc } from './command-line.ts';
import { diskArguments } from './disk-arguments.ts';
import { kvmParameters } from './kvm-parameters.ts';
import { newRequest } from './kvm-test-harness.ts';

type Disk = StartRequest['disks'][number];

const uuids = ['aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000002', 'cccccccc-0000-4000-8000-000000000003'];
const disk = (index: number, more: Partial<Extract<Disk, { driver: 'file' }>> = {}): Disk => ({
  uuid: uuids[index] ?? '',
  mode: 'rw',
  path: `/d${index}`,
  format: 'raw',
  driver: 'file',
  size: 1,
  ...more,
});
const three = [disk(0), disk(1), disk(2)];
const of = (hvparams: Record<string, unknown>, disks: readonly Disk[] = three) => diskArguments(disks, kvmParameters({ hvparams }));
const values = (line: readonly string[], option: string) => line.filter((_, index) => line[index - 1] === option);
const nodes = (hvparams: Record<string, unknown>, disks: readonly Disk[] = [disk(0)]) =>
  values(of(hvparams, disks), '-blockdev').map((text) => JSON.parse(text) as Record<string, unknown>);
const [a, b, c] = ['disk-aaaaaaaa-0000-4000', 'disk-bbbbbbbb-0000-4000', 'disk-cccccccc-0000-4000'];

describe('disks of QEMU', () => {
  it('have a slot, a place on a controller or on a bus of their own, by their type', () => {
    assert.deepEqual(values(of({}), '-device'), [
      `virtio-blk-pci,addr=0x10,drive=${a},id=${a},bootindex=0`,
      `virtio-blk-pci,addr=0x11,drive=${b},id=${b},bootindex=1`,
      `virtio-blk-pci,addr=0x12,drive=${c},id=${c},bootindex=2`,
    ]);
    assert.deepEqual(values(of({ disk_type: 'scsi-hd' }), '-device'), [
      'virtio-scsi-pci,id=scsi0,addr=0x6',
      `scsi-hd,bus=scsi0.0,scsi-id=0,drive=${a},id=${a},bootindex=0`,
      `scsi-hd,bus=scsi0.0,scsi-id=1,drive=${b},id=${b},bootindex=1`,
      `scsi-hd,bus=scsi0.0,scsi-id=2,drive=${c},id=${c},bootindex=2`,
    ]);
    assert.deepEqual(values(of({ disk_type: 'ide' }), '-device'), [
      `ide-hd,bus=ide.0,unit=0,drive=${a},id=${a},bootindex=0`,
      `ide-hd,bus=ide.0,unit=1,drive=${b},id=${b},bootindex=1`,
      `ide-hd,bus=ide.1,unit=0,drive=${c},id=${c},bootindex=2`,
    ]);
    assert.deepEqual(of({ disk_type: 'scsi-hd' }, []), [], 'no controller without disks');
  });

  it('are opened as they are, one node over the other', () => {
    const cache = { direct: false, 'no-flush': false };
    const common = { 'read-only': false, 'auto-read-only': false, discard: 'ignore', cache };
    const file = { 'node-name': `${a}-file`, driver: 'file', filename: '/d0', aio: 'threads', locking: 'auto', ...common };
    assert.deepEqual(nodes({}), [file, { 'node-name': a, driver: 'raw', file: `${a}-file`, ...common }]);
    const readOnly = { ...common, 'read-only': true };
    assert.deepEqual(nodes({}, [{ ...disk(0, { mode: 'ro', format: 'qcow2' }), driver: 'host_device' } as Disk]), [
      { ...file, driver: 'host_device', ...readOnly },
      { 'node-name': a, driver: 'qcow2', file: `${a}-file`, ...readOnly, backing: null },
    ]);
  });

  it('have the cache, the discard and the input and output that were asked for, on both nodes', () => {
    for (const [hvparams, direct] of [
      [{ disk_cache: 'none' }, true],
      [{ disk_cache: 'default', disk_aio: 'native' }, true],
      [{ disk_cache: 'writethrough', disk_aio: 'io_uring' }, false],
    ] as const) {
      for (const node of nodes(hvparams)) assert.deepEqual(node['cache'], { direct, 'no-flush': false }, JSON.stringify(hvparams));
    }
    assert.equal(nodes({ disk_aio: 'io_uring' })[0]?.['aio'], 'io_uring');
    assert.deepEqual(
      nodes({ disk_discard: 'unmap' }).map(({ discard }) => discard),
      ['unmap', 'unmap'],
    );
    assert.deepEqual(
      nodes({ disk_discard: 'ignore' }).map(({ discard }) => discard),
      ['ignore', 'ignore'],
    );
    assert.match(values(of({ disk_cache: 'writethrough' }), '-device')[0] ?? '', /,bootindex=0,write-cache=off$/);
    assert.ok(
      !values(of({ disk_cache: 'writeback' }), '-device')
        .join()
        .includes('write-cache'),
    );
  });

  it('follow what is booted first; a kernel of the node needs no order', () => {
    const order = (hvparams: Record<string, unknown>) => values(of(hvparams), '-device').map((one) => /bootindex=(\d+)/.exec(one)?.[1]);
    assert.deepEqual(order({ boot_order: 'disk', cdrom_image_path: '/cd.iso' }), ['0', '1', '2', '200']);
    assert.deepEqual(order({ boot_order: 'cdrom', cdrom_image_path: '/cd.iso' }), ['100', '101', '102', '0']);
    assert.deepEqual(order({ boot_order: 'network' }), ['100', '101', '102']);
    assert.deepEqual(order({ kernel_path: '/k', cdrom_image_path: '/cd.iso' }), [undefined, undefined, undefined, undefined]);
  });

  it('may have a CD beside them', () => {
    const line = of({ cdrom_image_path: '/a,b.iso' }, []);
    assert.deepEqual(line.slice(2), ['-device', 'ide-cd,bus=ide.1,unit=1,drive=cd0,id=cd0,bootindex=200']);
    assert.deepEqual(JSON.parse(line[1] ?? ''), { 'node-name': 'cd0', driver: 'file', filename: '/a,b.iso', 'read-only': true });
    assert.deepEqual(of({}, []), []);
  });
});

describe('the whole command line', () => {
  const request = newRequest('/d');
  const spec = {
    ...request.spec,
    uuid: 'u-1',
    name: 'a-very-long-name.example.com',
    vcpus: 3,
    memory: 640,
    network_port: 11_000,
    hvparams: {},
  };
  const line = (hvparams: Record<string, unknown>, more: object = {}) =>
    buildCommandLine(
      { spec: { ...spec, hvparams }, disks: [], nics: [] },
      { machine: 'pc-1', accelerator: 'tcg', incoming: false, ...more },
    );
  const chardev = (id: string, fd: number) => ['-chardev', `socket,id=${id},fd=${fd},server=on,wait=off`];

  it('is this, and nothing else', () => {
    assert.deepEqual(line({}), [
      ...['-nodefaults', '-no-user-config', '-S'],
      ...['-name', 'guest=a-very-long-name.example.com,process=vm-a-very-long-', '-uuid', 'u-1'],
      ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
      ...['-machine', 'pc-1,memory-backend=ram0,acpi=on', '-accel', 'tcg,tb-size=128', '-smp', '3'],
      ...['-m', 'size=640M', '-object', 'memory-backend-ram,id=ram0,size=640M', '-rtc', 'base=utc'],
      ...[...chardev('qmp', 3), '-mon', 'chardev=qmp,mode=control'],
      ...[...chardev('qmpmonitor', 4), '-mon', 'chardev=qmpmonitor,mode=control'],
      ...['-action', 'shutdown=pause,reboot=reset', '-device', 'virtio-balloon-pci,id=balloon0,addr=0x3'],
      ...['-object', 'rng-builtin,id=rng0', '-device', 'virtio-rng-pci,rng=rng0,addr=0x4'],
      ...[...chardev('serial0', 5), '-device', 'isa-serial,chardev=serial0,id=serial0'],
      ...['-display', 'vnc=unix:vnc', '-vga', 'std'],
      ...['-device', 'qemu-xhci,id=usb0,addr=0x7', '-device', 'usb-tablet,bus=usb0.0,id=tablet0'],
    ]);
  });

  it('differs by each parameter in its own place', () => {
    const plain = line({});
    const changed = (hvparams: Record<string, unknown>, more: object = {}) => {
      const now = line(hvparams, more);
      return { gone: plain.filter((one) => !now.includes(one)), come: now.filter((one) => !plain.includes(one)) };
    };
    assert.deepEqual(changed({ acpi: false }), { gone: ['pc-1,memory-backend=ram0,acpi=on'], come: ['pc-1,memory-backend=ram0,acpi=off'] });
    assert.deepEqual(changed({}, { accelerator: 'kvm' }), { gone: ['tcg,tb-size=128'], come: ['kvm'] });
    assert.deepEqual(changed({ cpu_type: 'host' }), { gone: [], come: ['-cpu', 'host'] });
    assert.deepEqual(changed({ use_localtime: true }), { gone: ['base=utc'], come: ['base=localtime'] });
    assert.deepEqual(changed({ reboot_behavior: 'exit' }), {
      gone: ['shutdown=pause,reboot=reset'],
      come: ['shutdown=pause,reboot=shutdown'],
    });
    assert.deepEqual(changed({ vga: 'qxl' }), { gone: ['std'], come: ['qxl'] });
    const serial = ['socket,id=serial0,fd=5,server=on,wait=off', 'isa-serial,chardev=serial0,id=serial0'];
    assert.deepEqual(changed({ serial_console: false }), { gone: serial, come: [] });
    const vnc = ['vnc=unix:vnc', 'std', 'qemu-xhci,id=usb0,addr=0x7', 'usb-tablet,bus=usb0.0,id=tablet0'];
    assert.deepEqual(changed({ vnc_bind_address: '' }), { gone: vnc, come: ['none', 'none'] });
    assert.deepEqual(changed({ vnc_bind_address: '', vga: 'cirrus' }), { gone: vnc, come: ['none', 'cirrus'] });
    assert.deepEqual(changed({ use_guest_agent: true }).come, [
      'virtio-serial-pci,id=vserial0,addr=0x5',
      'socket,id=agent0,fd=6,server=on,wait=off',
      'virtserialport,bus=vserial0.0,chardev=agent0,name=org.qemu.guest_agent.0',
    ]);
  });

  it('has VNC where a port was given out and an address is set', () => {
    const has = (vnc_bind_address: string, network_port: number | null) => hasVnc({ hvparams: { vnc_bind_address }, network_port });
    assert.deepEqual([has('127.0.0.1', 11_000), has('', 11_000), has('127.0.0.1', null)], [true, false, false]);
  });
});

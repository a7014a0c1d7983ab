import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildCommandLine } from './command-line.ts';
import { newRequest } from './kvm-test-harness.ts';

const options = { machine: 'pc-i440fx-7.2', accelerator: 'tcg', incoming: false } as const;

const request = newRequest('/srv/a,b.raw');

function lineOf(hvparams: Record<string, unknown>, incoming = false): string[] {
  return buildCommandLine({ ...request, spec: { ...request.spec, hvparams } }, { ...options, incoming });
}
const after = (line: readonly string[], option: string): string | undefined => line[line.indexOf(option) + 1];

describe('QEMU command line', () => {
  it('boots a kernel with the root device, the arguments of the operator, and the serial console', () => {
    const line = lineOf({
      kernel_path: '/boot/k',
      initrd_path: '/boot/i',
      root_path: '/dev/vda',
      kernel_args: 'ro quiet',
      serial_speed: 9600,
    });
    assert.equal(after(line, '-kernel'), '/boot/k');
    assert.equal(after(line, '-initrd'), '/boot/i');
    assert.equal(after(line, '-append'), 'root=/dev/vda ro quiet console=ttyS0,9600');
    const bare = lineOf({ kernel_path: '/boot/k', root_path: '', kernel_args: '', serial_console: false });
    assert.equal(after(bare, '-append'), '');
    assert.ok(!bare.includes('-initrd'));
    assert.ok(!lineOf({}).includes('-kernel'));
  });

  it('pins the machine and waits for its command, or for the state of the source', () => {
    const line = lineOf({});
    assert.match(after(line, '-machine') ?? '', /^pc-i440fx-7\.2,/);
    assert.ok(line.includes('-S') && !line.includes('-incoming'));
    const target = lineOf({}, true);
    assert.ok(!target.includes('-S'));
    assert.equal(after(target, '-incoming'), 'defer');
    const common = (each: string) => !['-S', '-incoming', 'defer'].includes(each);
    assert.deepEqual(target.filter(common), line.filter(common));
  });

  it('opens disks as their parameters say, whatever their path', () => {
    const node = (hvparams: Record<string, unknown>) => JSON.parse(after(lineOf(hvparams), '-blockdev') ?? '') as Record<string, unknown>;
    assert.equal(node({})['filename'], '/srv/a,b.raw');
    assert.deepEqual(node({ disk_cache: 'none' })['cache'], { direct: true, 'no-flush': false });
    assert.deepEqual(node({ disk_aio: 'native' })['cache'], { direct: true, 'no-flush': false });
    assert.deepEqual(node({ disk_cache: 'writeback' })['cache'], { direct: false, 'no-flush': false });
    assert.equal(node({ disk_discard: 'unmap' })['discard'], 'unmap');
  });

  it('serves VNC on a socket, and never on a port', () => {
    const { spec } = request;
    const at = (vnc_bind_address: string, network_port: number | null) =>
      buildCommandLine({ ...request, spec: { ...spec, network_port, hvparams: { vnc_bind_address } } }, options);
    for (const address of ['127.0.0.1', '::1']) {
      const line = at(address, 11_007);
      assert.equal(after(line, '-display'), 'vnc=unix:vnc');
      assert.ok(line.includes('usb-tablet,bus=usb0.0,id=tablet0'));
      assert.ok(!line.some((argument) => argument.includes(address)));
    }
    for (const line of [at('', 11_007), at('127.0.0.1', null)]) assert.equal(after(line, '-display'), 'none');
  });

  it('has its sockets as descriptors one after the other, and names no path of them', () => {
    const chardevs = (hvparams: Record<string, unknown>) => lineOf(hvparams).filter((_, index, line) => line[index - 1] === '-chardev');
    assert.deepEqual(chardevs({ use_guest_agent: true }), [
      'socket,id=qmp,fd=3,server=on,wait=off',
      'socket,id=qmpmonitor,fd=4,server=on,wait=off',
      'socket,id=serial0,fd=5,server=on,wait=off',
      'socket,id=agent0,fd=6,server=on,wait=off',
    ]);
    assert.deepEqual(
      chardevs({ use_guest_agent: true, serial_console: false }).map((one) => /fd=\d+/.exec(one)?.[0]),
      ['fd=3', 'fd=4', 'fd=5'],
    );
  });

  it('gives every NIC a device of its own: its tap, MAC, slot and place in the boot order', () => {
    const nics = [0, 1, 2].map((index) => ({
      kind: 'tap' as const,
      uuid: `0c0ffee${index}-0000-4000-8000-000000000001`,
      mac: `aa:00:00:00:00:0${index}`,
      tap: `gt${index}`,
    }));
    const spec = { ...request.spec, hvparams: { boot_order: 'network', nic_type: 'e1000' } };
    const line = buildCommandLine({ ...request, spec, nics }, options);
    const values = (option: string) => line.filter((_, index) => line[index - 1] === option);
    assert.deepEqual(
      values('-netdev'),
      nics.map(({ tap }, index) => `tap,id=nic-0c0ffee${index}-0000-4000,ifname=${tap},script=no,downscript=no`),
    );
    assert.deepEqual(
      values('-device').filter((device) => device.startsWith('e1000')),
      nics.map(({ mac }, index) => {
        const id = `nic-0c0ffee${index}-0000-4000`;
        return `e1000,netdev=${id},id=${id},mac=${mac},addr=0x${8 + index},bootindex=${index}`.replace('0x10', '0xa');
      }),
    );
    const fromDisk = buildCommandLine({ ...request, nics }, options);
    const devices = fromDisk.filter((each) => each.startsWith('virtio-net-pci'));
    assert.equal(devices.length, 3);
    assert.ok(devices.every((each) => !each.includes('bootindex')));
    assert.equal(
      new Set(fromDisk.flatMap((each) => /addr=0x[0-9a-f]+/.exec(each)?.[0] ?? [])).size,
      fromDisk.filter((each) => each.includes('addr=0x')).length,
    );
  });
});

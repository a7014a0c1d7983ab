import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildCommandLine, vncAddress } from './command-line.ts';
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

  it('shows VNC on the console port, and only there', () => {
    const { spec } = request;
    const at = (host: string, network_port: number | null) => vncAddress({ ...spec, network_port, hvparams: { vnc_bind_address: host } });
    assert.deepEqual(at('10.0.0.1', 11_007), { host: '10.0.0.1', port: 11_007 });
    assert.equal(at('', 11_007), null);
    assert.equal(at('10.0.0.1', null), null);
    const line = buildCommandLine({ ...request, spec: { ...spec, network_port: 11_000, hvparams: { vnc_bind_address: '::1' } } }, options);
    assert.equal(after(line, '-display'), 'vnc=[::1]:5100');
  });
});

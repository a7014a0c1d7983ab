import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A QEMU that has an image open for a guest, with its locks, until it is closed. */
export async function startLocker(path: string, format: 'raw' | 'qcow2'): Promise<{ close(): Promise<void> }> {
  const file = { driver: 'file', 'node-name': 'file', filename: path };
  const disk = { driver: format, 'node-name': 'disk', file: 'file' };
  const child = spawn('qemu-system-x86_64', [
    ...['-S', '-nodefaults', '-no-user-config', '-display', 'none', '-m', '16', '-accel', 'tcg,tb-size=8', '-qmp', 'stdio'],
    ...['-blockdev', JSON.stringify(file), '-blockdev', JSON.stringify(disk), '-device', 'virtio-blk-pci,drive=disk'],
  ]);
  const closed = once(child, 'close');
  // Its greeting can come before it has opened everything; the answer cannot.
  child.stdin.write('{"execute":"qmp_capabilities"}\n');
  for (let heard = ''; !heard.includes('"return"'); ) {
    const [piece] = (await Promise.race([once(child.stdout, 'data'), closed])) as [Buffer | number];
    if (!Buffer.isBuffer(piece)) throw new Error(`QEMU ended with ${piece} at once`);
    heard += piece.toString();
  }
  return {
    async close() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/**
 * The user id behind a connection over the loopback interface, as the kernel has it; undefined where that cannot be found
 * out, as on other systems than Linux.
 */
export async function localPeer({ localPort, remotePort }: Pick<Socket, 'localPort' | 'remotePort'>): Promise<number | undefined> {
  const table = await readFile('/proc/net/tcp', 'utf8').catch(() => '');
  const end = (port: number | undefined) => `0100007F:${(port ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  const fields = table.split('\n').map((line) => line.trim().split(/\s+/));
  // The other end of the same connection.
  const found = fields.find(([, own, other]) => own === end(remotePort) && other === end(localPort));
  return found?.[7] === undefined ? undefined : Number(found[7]);
}

import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/**
 * The address of this host from which packets to `peer` would leave; nothing is sent.
 * @param fallback the answer when there is no route
 */
export function addressTowards(peer: string, fallback: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(peer) ? 'udp6' : 'udp4');
    const answer = (address: string) => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => answer(fallback));
    // Not as the callback of connect: that is called on a failure, too.
    socket.once('connect', () => answer(socket.address().address));
    socket.connect(9, peer);
  });
}

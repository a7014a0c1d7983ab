import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  /** Connections at once. */
  readonly total: number;
  /** Of one client address; of IPv6, of one network (/64). */
  readonly perAddress: number;
}

/**
 * Divides the connections of a server among its clients. Each address has a limit. When the total is reached, a new connection
 * replaces an unauthenticated one: of the address with most of these, the one that has been open longest. If all connections are
 * authenticated, the new one is refused.
 */
export interface ConnectionGuard {
  /** Watches the servers of `node:net`, `node:http` and `node:https`. */
  watch(server: EventEmitter): void;
  /** This connection has said who it is. */
  trust(socket: Pick<Socket, 'remoteAddress' | 'remotePort'> | null): void;
  /** Open connections. */
  readonly count: number;
}

interface Connection {
  readonly address: string;
  readonly sockets: Set<Socket>;
  trusted: boolean;
}

type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>;

export function createConnectionGuard(limits: ConnectionLimits): ConnectionGuard {
  /** By client address and port, in the order in which they came. */
  const connections = new Map<string, Connection>();
  const perAddress = new Map<string, number>();
  /** Asked at each request, so the address is looked up once. */
  const known = new WeakSet<object>();
  const keyOf = ({ remoteAddress = '', remotePort = 0 }: Peer) => `${remoteAddress} ${remotePort}`;

  const leave = (key: string, address: string): void => {
    connections.delete(key);
    const left = (perAddress.get(address) ?? 1) - 1;
    if (left > 0) perAddress.set(address, left);
    else perAddress.delete(address);
  };

  /** The place of whom the newcomer takes. */
  const leastTrusted = (): [string, Connection] | undefined => {
    const strangers = new Map<string, { first: [string, Connection]; count: number }>();
    for (const entry of connections) {
      const [, { address, trusted }] = entry;
      if (trusted) continue;
      const known = strangers.get(address);
      if (known) known.count++;
      else strangers.set(address, { first: entry, count: 1 });
    }
    let most: { first: [string, Connection]; count: number } | undefined;
    for (const each of strangers.values()) if (!most || each.count > most.count) most = each;
    return most?.first;
  };

  const arrive = (socket: Socket): void => {
    const address = networkOf(socket.remoteAddress ?? '');
    if ((perAddress.get(address) ?? 0) >= limits.perAddress) return void socket.destroy();
    if (connections.size >= limits.total) {
      const victim = leastTrusted();
      if (!victim) return void socket.destroy();
      const [key, { address: from, sockets }] = victim;
      leave(key, from);
      for (const each of sockets) each.destroy();
    }
    const key = keyOf(socket);
    const connection: Connection = { address, sockets: new Set([socket]), trusted: false };
    connections.set(key, connection);
    perAddress.set(address, (perAddress.get(address) ?? 0) + 1);
    socket.once('close', () => {
      if (connections.get(key) === connection) leave(key, address);
    });
  };

  return {
    watch(server) {
      server.prependListener('connection', arrive);
      // The encrypted connection is another object than the one that came.
      server.on('secureConnection', (socket: Socket) => connections.get(keyOf(socket))?.sockets.add(socket));
    },
    trust(socket) {
      if (!socket || known.has(socket)) return;
      const connection = connections.get(keyOf(socket));
      if (!connection) return;
      connection.trusted = true;
      known.add(socket);
    },
    get count() {
      return connections.size;
    },
  };
}

/** IPv4 addresses one by one; of IPv6 the network, since one host has as many addresses as it likes. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('%', 1)[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}

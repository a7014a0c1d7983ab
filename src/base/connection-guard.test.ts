import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { type ConnectionLimits, createConnectionGuard, networkOf } from './connection-guard.ts';

function guarded(limits: ConnectionLimits) {
  const server = new EventEmitter();
  const guard = createConnectionGuard(limits);
  guard.watch(server);
  let port = 1000;
  const connect = (remoteAddress: string) => {
    const socket = Object.assign(new EventEmitter(), { remoteAddress, remotePort: port++, destroyed: false, destroy: () => undefined });
    socket.destroy = () => {
      socket.destroyed = true;
      socket.emit('close');
      return undefined;
    };
    server.emit('connection', socket);
    return socket as unknown as Socket;
  };
  return { guard, connect, server };
}

test('one address has its share and no more; what ends makes room', () => {
  const { guard, connect } = guarded({ total: 100, perAddress: 2 });
  const [first, second, third] = [connect('10.0.0.1'), connect('10.0.0.1'), connect('10.0.0.1')];
  assert.deepEqual([first.destroyed, second.destroyed, third.destroyed], [false, false, true]);
  assert.equal(connect('10.0.0.2').destroyed, false);
  first.destroy();
  assert.equal(connect('::ffff:10.0.0.1').destroyed, false);
  assert.equal(connect('10.0.0.1').destroyed, true);
  assert.equal(guard.count, 3);
});

test('when all places are taken, the longest stranger of the greediest address goes, and nobody who is trusted', () => {
  const { guard, connect } = guarded({ total: 4, perAddress: 3 });
  const friend = connect('10.0.0.1');
  guard.trust(friend);
  const [alone, greedy, other] = [connect('10.0.0.2'), connect('10.0.0.3'), connect('10.0.0.3')];
  const newcomer = connect('10.0.0.4');
  assert.deepEqual(
    [friend, alone, greedy, other, newcomer].map(({ destroyed }) => destroyed),
    [false, false, true, false, false],
  );
  assert.equal(guard.count, 4);
  for (const socket of [alone, other, newcomer]) guard.trust(socket);
  assert.equal(connect('10.0.0.5').destroyed, true);
  assert.equal(guard.count, 4);
});

test('the encrypted side of a connection goes with it', () => {
  const { connect, server } = guarded({ total: 1, perAddress: 1 });
  const raw = connect('10.0.0.1');
  let gone = false;
  server.emit('secureConnection', { remoteAddress: raw.remoteAddress, remotePort: raw.remotePort, destroy: () => (gone = true) });
  connect('10.0.0.2');
  assert.deepEqual([raw.destroyed, gone], [true, true]);
});

test('of IPv6 the network counts', () => {
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), networkOf('2001:db8:1:2::9'));
  assert.notEqual(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'));
  assert.equal(networkOf('::1'), '0:0:0:0::/64');
  assert.equal(networkOf('::ffff:10.1.2.3'), '10.1.2.3');
});

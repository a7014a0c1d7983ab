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

test('each connection that ends makes room for one, whatever else its address has', () => {
  const { guard, connect } = guarded({ total: 100, perAddress: 3 });
  const [first] = [connect('10.0.0.1'), connect('10.0.0.1'), connect('10.0.0.1')];
  first.destroy();
  first.emit('close');
  assert.deepEqual([connect('10.0.0.1').destroyed, connect('10.0.0.1').destroyed, guard.count], [false, true, 3]);
});

test('of addresses that have equally many, the one that came first gives up its place', () => {
  const { connect } = guarded({ total: 4, perAddress: 4 });
  const all = ['10.0.0.1', '10.0.0.2', '10.0.0.2', '10.0.0.1'].map(connect);
  connect('10.0.0.3');
  assert.deepEqual(
    all.map(({ destroyed }) => destroyed),
    [true, false, false, false],
  );
});

test('a connection that has given up its place does not take the place of the next one with its address and port', () => {
  const { guard, server } = guarded({ total: 1, perAddress: 9 });
  const arrive = () => {
    const socket = Object.assign(new EventEmitter(), { remoteAddress: '10.0.0.1', remotePort: 7, destroy: () => undefined });
    server.emit('connection', socket);
    return socket;
  };
  const first = arrive();
  arrive();
  first.emit('close');
  assert.equal(guard.count, 1);
});

test('who has no address counts as one client, and there is nobody to trust without a connection', () => {
  const { guard, server, connect } = guarded({ total: 9, perAddress: 1 });
  let refused = 0;
  for (const remotePort of [1, 2])
    server.emit('connection', Object.assign(new EventEmitter(), { remoteAddress: undefined, remotePort, destroy: () => refused++ }));
  assert.deepEqual([refused, guard.count], [1, 1]);
  guard.trust(null);
  guard.trust({ remoteAddress: '10.0.0.9', remotePort: 1 });
  assert.equal(connect('10.0.0.9').destroyed, false);
});

test('of IPv6 the network counts', () => {
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), networkOf('2001:db8:1:2::9'));
  assert.notEqual(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'));
  assert.equal(networkOf('::1'), '0:0:0:0::/64');
  assert.equal(networkOf('::ffff:10.1.2.3'), '10.1.2.3');
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(networkOf('2001:db8:1:2:3::'), '2001:db8:1:2::/64');
  assert.equal(networkOf('2001:db8::5:6:7:8'), '2001:db8:0:0::/64');
  assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
  assert.equal(networkOf('::'), '0:0:0:0::/64');
});

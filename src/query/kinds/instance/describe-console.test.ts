import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeConsole } from './describe-console.ts';

const web = { name: 'web1', hypervisor: 'kvm' } as const;
const serial = '/run/gantry/instances/u/console';

describe('how a console is reached', () => {
  it('is over SSH to the serial line of the node, and by the streams of the API', () => {
    const places = { serial_socket: serial, vnc_socket: '/run/gantry/instances/u/vnc', vnc: null };
    assert.deepEqual(describeConsole(web, 'node1', places), {
      instance: 'web1',
      kind: 'ssh',
      host: 'node1',
      user: 'root',
      command: ['socat', 'STDIO,raw,echo=0,escape=0x1d', `UNIX-CONNECT:${serial}`],
      streams: { serial: '/2/instances/web1/console/stream', vnc: '/2/instances/web1/console/vnc' },
    });
  });

  it('is by the API alone for VNC, which has no port', () => {
    const found = describeConsole(web, 'node1', { serial_socket: null, vnc_socket: '/run/gantry/instances/u/vnc', vnc: null });
    assert.equal(found.kind, 'msg');
    assert.match(found.message ?? '', /"gantry instance console --vnc web1"/);
    assert.deepEqual(found.streams, { vnc: '/2/instances/web1/console/vnc' });
  });

  it('is by the port of an instance that was started when VNC had one', () => {
    const found = describeConsole(web, 'node1', { serial_socket: null, vnc: { host: '127.0.0.1', port: 11_007 } });
    const { kind, host, port, display, streams } = found;
    assert.deepEqual({ kind, host, port, display }, { kind: 'vnc', host: '127.0.0.1', port: 11_007, display: 5107 });
    assert.deepEqual(streams, { vnc: '/2/instances/web1/console/vnc' });
  });

  it('is told when there is none', () => {
    const none = describeConsole(web, 'node1', { serial_socket: null, vnc: null });
    assert.deepEqual([none.kind, none.streams], ['msg', undefined]);
    assert.match(describeConsole({ name: 'f', hypervisor: 'fake' }, 'node1', undefined).message ?? '', /not available for fake/);
  });
});

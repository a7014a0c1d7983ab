import { type Static, Type } from 'typebox';
import type { Instance } from '../../../model/index.ts';
import type { ConsolePlaces } from '../../../rpc/index.ts';

const firstVncPort = 5900;

/** Ganeti's keys: over SSH to the node, by VNC, or a message how else; and ours, the resources of this API that carry the bytes. */
export const ConsoleResult = Type.Object({
  instance: Type.String(),
  kind: Type.Enum(['ssh', 'vnc', 'msg'], {
    description: 'ssh: run `command` on `host` as `user`; vnc: connect to `host` and `port`; msg: see `message`',
  }),
  host: Type.Optional(Type.String()),
  user: Type.Optional(Type.String()),
  command: Type.Optional(Type.Array(Type.String())),
  port: Type.Optional(Type.Integer()),
  display: Type.Optional(Type.Integer()),
  message: Type.Optional(Type.String()),
  streams: Type.Optional(
    Type.Object(
      { serial: Type.Optional(Type.String()), vnc: Type.Optional(Type.String()) },
      { description: 'WebSockets of this API with the bytes of each console' },
    ),
  ),
});
export type ConsoleInfo = Static<typeof ConsoleResult>;

/** How a client on its own reaches the console of a running instance. */
export function describeConsole(
  { name, hypervisor }: Pick<Instance, 'name' | 'hypervisor'>,
  node: string | undefined,
  places: ConsolePlaces | undefined,
): ConsoleInfo {
  if (!places) return { instance: name, kind: 'msg', message: `Console not available for ${hypervisor} hypervisor` };
  const { serial_socket: socket, vnc_socket = null, vnc } = places;
  const path = `/2/instances/${encodeURIComponent(name)}/console`;
  const hasVnc = vnc_socket !== null || vnc !== null;
  const streams = { ...(socket !== null && { serial: `${path}/stream` }), ...(hasVnc && { vnc: `${path}/vnc` }) };
  if (socket !== null) {
    const command = ['socat', 'STDIO,raw,echo=0,escape=0x1d', `UNIX-CONNECT:${socket}`];
    return { instance: name, kind: 'ssh', host: node, user: 'root', command, streams };
  }
  // It was started when VNC had a port.
  if (vnc) return { instance: name, kind: 'vnc', host: vnc.host, port: vnc.port, display: vnc.port - firstVncPort, streams };
  if (!hasVnc) return { instance: name, kind: 'msg', message: 'The instance has neither a serial console nor VNC' };
  const message = `VNC is served over this API alone: "gantry instance console --vnc ${name}", or the WebSocket ${path}/vnc`;
  return { instance: name, kind: 'msg', message, streams };
}

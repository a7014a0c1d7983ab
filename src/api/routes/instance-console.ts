import { GantryError } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import type { ApiContext } from '../api-options.ts';
import { liveInstance } from '../query/live-instance.ts';
import { viewOf } from './resource-routes.ts';

/** @throws API_CONSOLE_UNAVAILABLE when it does not run */
export function needRunning(instance: Instance, context: ApiContext): void {
  if (liveInstance(instance, viewOf(context)).running !== true) {
    throw new GantryError('API_CONSOLE_UNAVAILABLE', { instance: instance.name });
  }
}

const firstVncPort = 5900;

/** How a client on its own reaches the console, in Ganeti's form: over SSH to the node, by VNC, or a message why not. */
export async function consoleInfo(instance: Instance, context: ApiContext): Promise<Record<string, unknown>> {
  needRunning(instance, context);
  const { services } = context;
  if (instance.hypervisor === 'fake') {
    return { instance: instance.name, kind: 'msg', message: 'Console not available for fake hypervisor' };
  }
  const { uuid, name, hypervisor } = instance;
  const node = services.config.current.nodes.get(instance.primary_node);
  const { serial_socket: socket, vnc } = await services.nodes.call(instance.primary_node, 'instance-console', { uuid, name, hypervisor });
  if (socket !== null) {
    const command = ['socat', 'STDIO,raw,echo=0,escape=0x1d', `UNIX-CONNECT:${socket}`];
    return { instance: name, kind: 'ssh', host: node?.name, user: 'root', command };
  }
  if (vnc) {
    return { instance: name, kind: 'vnc', host: vnc.host, port: vnc.port, display: vnc.port - firstVncPort };
  }
  return { instance: name, kind: 'msg', message: 'The instance has neither a serial console nor VNC' };
}

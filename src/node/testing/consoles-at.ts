import type { ConsolePlaces } from '../../rpc/index.ts';
import type { ConsolesPort } from '../hypervisor/capabilities.ts';
import { openSerialLine, openVnc } from '../hypervisor/open-console-socket.ts';

/** Consoles that are sockets, wherever they are at the time. */
export function consolesAt(more: () => Partial<ConsolePlaces>): ConsolesPort {
  const places = () => ({ serial_socket: null, vnc_socket: null, vnc: null, ...more() });
  return {
    places: async () => places(),
    open: { serial: ({ name }) => openSerialLine(places(), name), vnc: ({ name }) => openVnc(places(), name) },
  };
}

import type { Socket } from 'node:net';
import { GantryError } from '../base/index.ts';
import type { ConsoleKind } from '../model/index.ts';
import type { Hypervisor } from './hypervisor/hypervisor.ts';

/** Connects to a console of an instance, whichever hypervisor runs it. @throws CONSOLE_MISSING, SOCKET_REFUSED */
export async function openInstanceConsole(hypervisors: Iterable<Hypervisor>, instance: string, kind: ConsoleKind): Promise<Socket> {
  for (const hypervisor of hypervisors) {
    const found = (await hypervisor.list()).find(({ uuid }) => uuid === instance);
    if (!found || found.state === 'shutdown' || found.state === 'crashed') continue;
    const open = hypervisor.consoles?.open[kind];
    if (open) return open(found);
    throw new GantryError('CONSOLE_MISSING', { instance: found.name, problem: `instances of ${hypervisor.name} have no ${kind} console` });
  }
  throw new GantryError('CONSOLE_MISSING', { instance, problem: 'it does not run here' });
}

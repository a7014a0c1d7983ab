import { GantryError } from '../../base/index.ts';
import type { Instance } from '../../model/index.ts';
import { type ConsoleInfo, describeConsole, liveInstance } from '../../query/index.ts';
import type { ApiContext } from '../api-options.ts';
import { wholeView } from './resource-routes.ts';

/** @throws API_CONSOLE_UNAVAILABLE when it does not run */
export function needRunning(instance: Instance, context: ApiContext): void {
  if (liveInstance(instance, wholeView(context)).running !== true) {
    throw new GantryError('API_CONSOLE_UNAVAILABLE', { instance: instance.name });
  }
}

/** How a client on its own reaches the console; its node is asked, so that its sockets are ready. */
export async function consoleInfo(instance: Instance, context: ApiContext): Promise<ConsoleInfo> {
  needRunning(instance, context);
  const { config, nodes } = context.services;
  const { uuid, name, hypervisor } = instance;
  const node = config.current.nodes.get(instance.primary_node);
  const places =
    hypervisor === 'fake' ? undefined : await nodes.call(instance.primary_node, 'instance-console', { uuid, name, hypervisor });
  return describeConsole(instance, node?.name, places);
}

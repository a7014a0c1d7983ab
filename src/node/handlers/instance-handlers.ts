import type { KeyedMutex } from '../../host/index.ts';
import type { HypervisorName } from '../../model/index.ts';
import type { NodeHandlers, RpcResult } from '../../rpc/index.ts';
import type { NodeParts } from '../node-parts.ts';
import { checkStart } from './check-start.ts';
import { capabilityFor, hypervisorFor, releaseInstance, withDevices } from './instance-guard.ts';
import { instanceStopper } from './stop-instance.ts';

type Names =
  | 'instance-list'
  | 'instance-start'
  | 'instance-check'
  | 'instance-stop'
  | 'instance-reset'
  | 'instance-resume'
  | 'instance-console'
  | 'migration-accept'
  | 'migration-send'
  | 'migration-finish';

/** Instances: started, stopped, migrated. */
export function instanceHandlers(parts: NodeParts, exclusively: KeyedMutex): Pick<NodeHandlers, Names> {
  return {
    // All or nothing: an instance that is missing in the answer counts as not running.
    'instance-list': async () => (await Promise.all([...parts.hypervisors.values()].map((hypervisor) => hypervisor.list()))).flat(),

    'instance-start': ({ instance }, context) =>
      exclusively(instance.uuid, async () => {
        context.signal.throwIfAborted();
        const hypervisor = hypervisorFor(parts, instance.hypervisor);
        return withDevices(parts, instance, (request) => hypervisor.start(request, context));
      }),

    'instance-check': async ({ instance, disks }) => {
      await checkStart(parts, instance, disks);
      return {};
    },

    'instance-stop': instanceStopper(parts, exclusively),

    'instance-reset': ({ hypervisor, ...instance }, context) =>
      exclusively(instance.uuid, async () => {
        context.signal.throwIfAborted();
        return capabilityFor(parts, hypervisor, 'reset')(instance);
      }),

    'instance-resume': ({ hypervisor, ...instance }, context) =>
      exclusively(instance.uuid, async () => {
        context.signal.throwIfAborted();
        return capabilityFor(parts, hypervisor, 'resume')(instance);
      }),

    'instance-console': ({ hypervisor, ...instance }) => readConsole(parts, hypervisor, instance),
    ...migrationHandlers(parts, exclusively),
  };
}

function migrationHandlers(
  parts: NodeParts,
  exclusively: KeyedMutex,
): Pick<NodeHandlers, 'migration-accept' | 'migration-send' | 'migration-finish'> {
  return {
    'migration-accept': ({ instance, source_address: source }, context) =>
      exclusively(instance.uuid, async () => {
        context.signal.throwIfAborted();
        const migration = capabilityFor(parts, instance.hypervisor, 'migration');
        const address = await parts.addressTowards(source);
        return withDevices(parts, instance, (request) => migration.accept(request, source, address));
      }),

    'migration-send': (params, context) =>
      exclusively(params.uuid, async () => {
        context.signal.throwIfAborted();
        return capabilityFor(parts, params.hypervisor, 'migration').send(params, context);
      }),

    'migration-finish': ({ hypervisor, role, success, ...instance }, context) =>
      exclusively(instance.uuid, async () => {
        context.signal.throwIfAborted();
        const outcome = await capabilityFor(parts, hypervisor, 'migration').finish(instance, role, success);
        const staysHere = (role === 'target') === success;
        if (!staysHere) await releaseInstance(parts, instance.uuid);
        return outcome;
      }),
  };
}

/** @throws HYPERVISOR_UNSUPPORTED, HYPERVISOR_NOT_RUNNING */
async function readConsole(
  parts: NodeParts,
  name: HypervisorName,
  instance: { readonly uuid: string; readonly name: string },
): Promise<RpcResult<'instance-console'>> {
  const { consoles } = hypervisorFor(parts, name);
  return consoles ? consoles.places(instance) : { serial_socket: null, vnc: null };
}

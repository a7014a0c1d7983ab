import type { KeyedMutex } from '../../host/index.ts';
import type { NodeHandlers } from '../../rpc/index.ts';
import type { NodeParts } from '../node-parts.ts';
import { checkStart } from './check-start.ts';
import { hypervisorFor, releaseInstance, withDevices } from './instance-guard.ts';

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

    'instance-stop': ({ hypervisor, timeout, ...instance }, context) =>
      exclusively(instance.uuid, async () => {
        context.signal.throwIfAborted();
        const outcome = await hypervisorFor(parts, hypervisor).stop(instance, timeout, context);
        await releaseInstance(parts, instance.uuid);
        return outcome;
      }),

    'instance-reset': ({ hypervisor, ...instance }, context) =>
      exclusively(instance.uuid, async () => {
        context.signal.throwIfAborted();
        return hypervisorFor(parts, hypervisor).reset(instance);
      }),

    'instance-resume': ({ hypervisor, ...instance }, context) =>
      exclusively(instance.uuid, async () => {
        context.signal.throwIfAborted();
        return hypervisorFor(parts, hypervisor).resume(instance);
      }),

    'instance-console': ({ hypervisor, ...instance }) => hypervisorFor(parts, hypervisor).console(instance),
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
        const hypervisor = hypervisorFor(parts, instance.hypervisor);
        const address = await parts.addressTowards(source);
        return withDevices(parts, instance, (request) => hypervisor.acceptMigration(request, source, address));
      }),

    'migration-send': (params, context) =>
      exclusively(params.uuid, async () => {
        context.signal.throwIfAborted();
        return hypervisorFor(parts, params.hypervisor).sendMigration(params, context);
      }),

    'migration-finish': ({ hypervisor, role, success, ...instance }, context) =>
      exclusively(instance.uuid, async () => {
        context.signal.throwIfAborted();
        const outcome = await hypervisorFor(parts, hypervisor).finishMigration(instance, role, success);
        const staysHere = (role === 'target') === success;
        if (!staysHere) await releaseInstance(parts, instance.uuid);
        return outcome;
      }),
  };
}

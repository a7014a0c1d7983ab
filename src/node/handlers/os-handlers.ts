import { GantryError } from '../../base/index.ts';
import type { KeyedMutex } from '../../host/index.ts';
import type { NodeHandlers } from '../../rpc/index.ts';
import type { NodeParts } from '../node-parts.ts';
import { activateDisks, isAlive, releaseDisks, takeBack } from './instance-guard.ts';

/** Operating systems: listed, checked, installed. */
export function osHandlers(parts: NodeParts, exclusively: KeyedMutex): Pick<NodeHandlers, 'os-list' | 'os-verify-params' | 'os-install'> {
  return {
    'os-list': () => parts.os.list(),

    async 'os-verify-params'(request) {
      await parts.os.verifyParams(request);
      return {};
    },

    'os-install': ({ instance, reinstall, debug, secret_osparams: secrets = {} }, context) =>
      exclusively(instance.uuid, async () => {
        context.signal.throwIfAborted();
        if (await isAlive(parts, instance.uuid)) throw new GantryError('INSTANCE_RUNNING', { name: instance.name });
        let installed: { log: string };
        try {
          const disks = await activateDisks(parts, instance);
          installed = await parts.os.install({ instance, disks, secrets, reinstall, debug }, context);
        } catch (error) {
          await takeBack(parts, instance);
          throw error;
        }
        await releaseDisks(parts, instance.uuid);
        return installed;
      }),
  };
}

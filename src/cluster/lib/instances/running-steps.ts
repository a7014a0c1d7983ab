import type { CommitStep, StepContext, WorldStep } from '../../../jobs/index.ts';
import type { Instance } from '../../../model/index.ts';
import type { InstanceSpec, RpcResult } from '../../../rpc/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';
import type { GarbageList } from '../../garbage.ts';
import { staying } from '../moves/move-steps.ts';
import { isUnreachable } from '../nodes/is-unreachable.ts';
import { lacksAdapter } from '../nodes/lacks-adapter.ts';
import { progressOf } from '../storage/disk-steps.ts';
import { instanceSpec, type SpecOverrides } from './instance-spec.ts';

/** Seconds that a guest gets to stop by itself (Ganeti's default). */
export const defaultShutdownSeconds = 120;

type RefLike = Pick<Instance, 'uuid' | 'name' | 'hypervisor'>;

/** The instance with its parameters as they are when the step runs, as it is on `node`. */
function currentSpec(config: ConfigSnapshot, uuid: string, overrides: SpecOverrides): InstanceSpec {
  const instance = config.instances.get(uuid);
  if (!instance) throw new Error(`instance ${uuid} vanished although its job holds its lock`);
  return instanceSpec(config, instance, overrides);
}

/**
 * Starts the instance; undone by stopping it hard. If the node cannot be reached then, `orLater` decides. Without `orLater` the
 * undoing fails, and so does everything that must not happen while the instance may run there.
 */
export function startStep(
  node: string,
  instance: RefLike,
  orLater: GarbageList | undefined,
  overrides: SpecOverrides = {},
  title = 'start',
): WorldStep {
  return {
    id: 'start',
    title,
    formerly: ['start it on the new node'],
    async do(context) {
      const spec = currentSpec(context.config, instance.uuid, overrides);
      await context.nodes.call(node, 'instance-start', { instance: spec }, progressOf(context));
    },
    async undo(context) {
      try {
        await context.nodes.call(node, 'instance-stop', { ...ref(instance), timeout: 0 }, { signal: context.signal });
      } catch (error) {
        // A node without the hypervisor started nothing.
        if (lacksAdapter(error)) return;
        if (!orLater || !isUnreachable(error)) throw error;
        await orLater.add({ type: 'instance', node, ...ref(instance) });
        context.log(`Node cannot be reached; ${instance.name} is stopped there when it answers again.`);
      }
    },
  };
}

/**
 * Stops the instance: gracefully, then hard after `timeout` seconds, or at once when a job waits that overtakes this one.
 * `restart`: undone by starting it again; `if-up`: only if it ran and shall run, and not on a node that cannot be reached.
 */
export function stopStep(
  node: string,
  instance: RefLike,
  timeout: number,
  options: { readonly restart?: boolean | 'if-up'; readonly orLater?: GarbageList; readonly title?: string } = {},
): WorldStep {
  return {
    id: 'stop',
    title: options.title ?? 'stop',
    formerly: ['stop it on the old node'],
    async do(context) {
      try {
        return await stopOn(context, node, instance, timeout);
      } catch (error) {
        const isMissing = lacksAdapter(error);
        if (!options.orLater || !(isUnreachable(error) || isMissing)) throw error;
        await options.orLater.add({ type: 'instance', node, ...ref(instance) });
        const until = isMissing ? 'it has its hypervisor again' : 'it answers again';
        context.log(`${isMissing ? error.message : 'Node cannot be reached'}; ${instance.name} is stopped there when ${until}.`);
        return { changed: false, graceful: false };
      }
    },
    ...(options.restart && {
      async undo(context) {
        if (options.restart === 'if-up') return restartIfUp(context, node, instance);
        await restart(context, node, instance);
      },
    }),
  };
}

async function restart(context: StepContext, node: string, { uuid }: RefLike): Promise<void> {
  const spec = currentSpec(context.config, uuid, {});
  await context.nodes.call(node, 'instance-start', { instance: spec }, { signal: context.signal });
}

async function restartIfUp(context: StepContext, node: string, instance: RefLike): Promise<void> {
  const stopped = context.outcomes['stop'] as RpcResult<'instance-stop'> | undefined;
  if (stopped?.changed === false || context.config.instances.get(instance.uuid)?.admin_state !== 'up') return;
  try {
    await restart(context, node, instance);
    context.log(`${instance.name} runs again.`);
  } catch (error) {
    if (!isUnreachable(error) && !lacksAdapter(error)) throw error;
    context.log(`${instance.name} was not started again: ${error instanceof Error ? error.message : 'no answer'}`);
  }
}

async function stopOn(context: StepContext, node: string, instance: RefLike, timeout: number): Promise<RpcResult<'instance-stop'>> {
  const stopped = context.nodes.call(node, 'instance-stop', { ...ref(instance), timeout }, progressOf(context));
  if (timeout === 0) return stopped;
  const { hurried } = context;
  const forced = Promise.withResolvers<RpcResult<'instance-stop'>>();
  const force = () => {
    context.log(`Overtaken by ${hurried.reason}: ${instance.name} is stopped hard.`);
    const options = { stepId: 'hard', signal: context.signal };
    context.nodes.call(node, 'instance-stop', { ...ref(instance), timeout: 0 }, options).then(forced.resolve, forced.reject);
  };
  // Whoever is asked second may find that nothing is left to be done; and an agent of before lets the second wait for the first.
  stopped.then(forced.resolve, forced.reject);
  if (hurried.aborted) force();
  else hurried.addEventListener('abort', force, { once: true });
  try {
    return await forced.promise;
  } finally {
    hurried.removeEventListener('abort', force);
  }
}

/** Records whether the instance shall run. This also clears what a failed move left: no move is running. */
export function recordStateStep(uuid: string, state: 'up' | 'down', source: 'admin' | 'user' = 'admin'): CommitStep {
  return {
    id: `record-${state}`,
    title: `record that it is ${state}`,
    formerly: [`record that it is ${state}`],
    commit(draft) {
      draft.update('instance', uuid, (old) => ({
        ...staying(old),
        admin_state: state,
        admin_state_source: source,
        disks_active: state === 'up',
      }));
    },
  };
}

export const ref = (instance: RefLike) => ({ uuid: instance.uuid, name: instance.name, hypervisor: instance.hypervisor });

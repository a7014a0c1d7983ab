import { defineOperation } from '../../jobs/index.ts';
import { type Instance, opcodes, requireCapability } from '../../model/index.ts';
import { findInstance, findNode } from '../lib/find-object.ts';
import { requireRunning } from '../lib/instances/require-running.ts';
import { ref } from '../lib/instances/running-steps.ts';
import { requireOnline } from '../lib/nodes/require-node.ts';

export const instanceResume = () =>
  defineOperation(opcodes.instanceResume, {
    async plan(context, params): Promise<Pick<Instance, 'uuid' | 'name' | 'hypervisor' | 'primary_node'>> {
      const instance = findInstance(context.config, params.instance_name);
      requireOnline(findNode(context.config, instance.primary_node));
      requireCapability(instance.hypervisor, 'resume');
      await requireRunning(context, instance);
      const { uuid, name, hypervisor, primary_node } = instance;
      return { uuid, name, hypervisor, primary_node };
    },
    steps: (instance) => [
      {
        id: 'resume',
        title: 'resume',
        // Not undone: a guest that runs is what is wanted, whatever comes after.
        pivot: true,
        async do(context) {
          await context.nodes.call(instance.primary_node, 'instance-resume', ref(instance), { signal: context.signal });
        },
      },
    ],
    result: () => null,
  });

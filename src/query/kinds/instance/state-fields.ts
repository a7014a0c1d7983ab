import { Type } from 'typebox';
import type { Instance } from '../../../model/index.ts';
import { type Field, fieldsOf } from '../../fields/field.ts';
import { always, nullable, other } from '../../fields/value-types.ts';
import { instanceRelations } from '../../relations/instance-relations.ts';
import { ConsoleResult, describeConsole } from './describe-console.ts';
import { instanceStatuses, liveInstance } from './live-instance.ts';

const { live } = fieldsOf<Instance>();

/** What an instance does, as nodes report it. */
export const stateFields: readonly Field<Instance>[] = [
  live(
    'status',
    'Status',
    always('text', Type.Enum(instanceStatuses)),
    'running; ADMIN_down and ADMIN_offline: stopped on purpose; ERROR_down: should run, and does not or stands still after a disk error (oper_problem); ERROR_up: should not run; ERROR_wrongnode: runs on another node; ERROR_nodedown and ERROR_nodeoffline: its primary node does not answer or is marked offline',
    (i, view) => liveInstance(i, view).status,
  ),
  live('oper_state', 'Running', 'bool', 'Whether it runs', (i, view) => {
    const { running, runtime } = liveInstance(i, view);
    return runtime?.problem === undefined ? running : false;
  }),
  live('oper_problem', 'Problem', 'text', 'Why its guest stands still although it should run, as after a disk error', (i, view) => {
    const { runtime, missing } = liveInstance(i, view);
    return runtime === undefined ? missing : (runtime.problem ?? null);
  }),
  live('oper_ram', 'Memory', 'unit', 'Memory as the hypervisor reports it', (i, view) => {
    const live = liveInstance(i, view);
    return live.runtime?.memory ?? live.missing;
  }),
  live('oper_vcpus', 'VCPUs', 'number', 'Virtual processors as the hypervisor reports them', (i, view) => {
    const live = liveInstance(i, view);
    return live.runtime?.vcpus ?? live.missing;
  }),
  live(
    'console',
    'Console',
    other(nullable(ConsoleResult)),
    'How to reach its console, as its console resource has it; unavailable while it does not run',
    (i, view) => {
      const { running, runtime, missing } = liveInstance(i, view);
      if (running !== true) return missing;
      // An agent of an earlier version does not tell.
      if (!runtime?.console && i.hypervisor !== 'fake') return undefined;
      return describeConsole(i, instanceRelations.primary_node.of(i, view.config)?.name, runtime?.console);
    },
  ),
];

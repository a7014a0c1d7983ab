import { type Static, Type } from 'typebox';
import { diskTemplates } from '../../../model/disk-templates/catalogue.ts';
import type { InstancePolicy, InstanceSpec } from '../../../placement/index.ts';

const count = Type.Integer({ minimum: 0 });
const ratio = Type.Number({ minimum: 0 });
const Spec = Type.Object({
  'memory-size': count,
  'cpu-count': count,
  'disk-size': count,
  'disk-count': count,
  'nic-count': count,
  'spindle-use': count,
});

/** An instance policy as Ganeti's interfaces give it. */
export const PolicySchema = Type.Object({
  minmax: Type.Array(Type.Object({ min: Spec, max: Spec })),
  std: Spec,
  'disk-templates': Type.Array(Type.Enum([...diskTemplates])),
  'vcpu-ratio': ratio,
  'spindle-ratio': ratio,
  /** Not Ganeti's: instance memory allowed per node memory. */
  'memory-ratio': Type.Optional(Type.Number({ minimum: 1 })),
});

export function toPolicy(policy: Static<typeof PolicySchema>): InstancePolicy {
  return {
    ranges: policy.minmax.map(({ min, max }) => ({ min: toSpec(min), max: toSpec(max) })),
    std: toSpec(policy.std),
    diskTemplates: policy['disk-templates'],
    vcpuRatio: policy['vcpu-ratio'],
    spindleRatio: policy['spindle-ratio'],
    ...(policy['memory-ratio'] === undefined ? {} : { memoryRatio: policy['memory-ratio'] }),
  };
}

const toSpec = (spec: Static<typeof Spec>): InstanceSpec => ({
  memory: spec['memory-size'],
  vcpus: spec['cpu-count'],
  disk: spec['disk-size'],
  diskCount: spec['disk-count'],
  nicCount: spec['nic-count'],
  spindleUse: spec['spindle-use'],
});

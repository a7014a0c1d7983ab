import { type Static, Type } from 'typebox';
import { diskTemplates } from '../disk-templates/catalogue.ts';
import { formats } from '../normalise.ts';
import { DiskTemplate } from '../objects/disk.ts';
import { orReset } from './reset.ts';

const count = Type.Integer({ minimum: 0 });
const size = Type.Integer({ minimum: 0, format: formats.mebibytes, description: 'MiB' });

/** One point of an instance policy; sizes in MiB. */
export const IspecPoint = Type.Object(
  {
    'memory-size': size,
    'disk-size': size,
    'disk-count': count,
    'cpu-count': count,
    'nic-count': count,
    'spindle-use': count,
  },
  { additionalProperties: false },
);
export type IspecPoint = Static<typeof IspecPoint>;

/** Instance policy, complete: an instance must lie between the min and max of at least one pair. */
export const Ipolicy = Type.Object(
  {
    minmax: Type.Array(Type.Object({ min: IspecPoint, max: IspecPoint }, { additionalProperties: false }), { minItems: 1 }),
    std: IspecPoint,
    'spindle-ratio': Type.Number({ minimum: 1 }),
    'vcpu-ratio': Type.Number({ minimum: 1 }),
    'memory-ratio': Type.Optional(
      Type.Number({
        minimum: 1,
        description: 'Memory that may be promised to instances, relative to the memory that a node has for them; default 1',
      }),
    ),
    'disk-templates': Type.Array(DiskTemplate, { minItems: 1 }),
  },
  { additionalProperties: false },
);
export type Ipolicy = Static<typeof Ipolicy>;
export const IpolicyPartial = Type.Partial(Ipolicy, { additionalProperties: false });
export type IpolicyPartial = Static<typeof IpolicyPartial>;
/** As a change of a node group asks for it. */
export const IpolicyChange = orReset(Ipolicy);

export const defaultIpolicy: Ipolicy = {
  minmax: [
    {
      min: { 'memory-size': 4, 'disk-size': 1, 'disk-count': 0, 'cpu-count': 1, 'nic-count': 0, 'spindle-use': 0 },
      max: { 'memory-size': 32768, 'disk-size': 1048576, 'disk-count': 16, 'cpu-count': 8, 'nic-count': 8, 'spindle-use': 12 },
    },
  ],
  std: { 'memory-size': 128, 'disk-size': 1024, 'disk-count': 1, 'cpu-count': 1, 'nic-count': 1, 'spindle-use': 1 },
  'spindle-ratio': 32,
  'vcpu-ratio': 4,
  'disk-templates': [...diskTemplates],
};

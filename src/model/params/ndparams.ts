import { type Static, Type } from 'typebox';
import { orReset } from './reset.ts';

/** Node parameters, complete (meanings: Ganeti's gnt-node(8)). */
export const Ndparams = Type.Object(
  {
    oob_program: Type.String(),
    spindle_count: Type.Integer({ minimum: 0 }),
    exclusive_storage: Type.Boolean(),
    ovs: Type.Boolean(),
    ovs_name: Type.String(),
    ovs_link: Type.String(),
    ssh_port: Type.Integer({ minimum: 1, maximum: 65535 }),
    cpu_speed: Type.Number({ exclusiveMinimum: 0, description: 'Speed relative to the other nodes' }),
  },
  { additionalProperties: false },
);
export type Ndparams = Static<typeof Ndparams>;
export const NdparamsPartial = Type.Partial(Ndparams, { additionalProperties: false });
export type NdparamsPartial = Static<typeof NdparamsPartial>;
export const NdparamsChange = orReset(Ndparams);

export const defaultNdparams: Ndparams = {
  oob_program: '',
  spindle_count: 1,
  exclusive_storage: false,
  ovs: false,
  ovs_name: 'switch1',
  ovs_link: '',
  ssh_port: 22,
  cpu_speed: 1,
};

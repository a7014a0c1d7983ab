import { type Static, Type } from 'typebox';

export const nicModes = ['bridged', 'routed'] as const;

/** NIC parameters, complete. `link` is the bridge (bridged) or the routing table (routed). */
export const Nicparams = Type.Object(
  {
    mode: Type.Enum(nicModes),
    link: Type.String({ pattern: '^[a-zA-Z0-9_.:-]{0,15}$' }),
    vlan: Type.String({ pattern: '^[0-9.:]*$' }),
  },
  { additionalProperties: false },
);
export type Nicparams = Static<typeof Nicparams>;
export const NicparamsPartial = Type.Partial(Nicparams);
export type NicparamsPartial = Static<typeof NicparamsPartial>;

export const defaultNicparams: Nicparams = { mode: 'bridged', link: 'br0', vlan: '' };

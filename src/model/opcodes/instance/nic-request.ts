import { Type } from 'typebox';
import { MacWish, Name } from '../../objects/common.ts';
import { NicLink, NicVlan, nicModes } from '../../params/nicparams.ts';

/** One NIC as asked for; `mac` "auto" or absent generates one. */
export const NicRequest = Type.Object(
  {
    mac: Type.Optional(Type.Union([Type.Literal('auto'), Type.Literal('generate'), MacWish])),
    ip: Type.Optional(Type.Union([Type.String({ description: 'IPv4 address, or "pool"' }), Type.Null()])),
    network: Type.Optional(Type.Union([Name, Type.Null()])),
    mode: Type.Optional(Type.Enum(nicModes)),
    link: Type.Optional(NicLink),
    vlan: Type.Optional(NicVlan),
    name: Type.Optional(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])),
  },
  { additionalProperties: false },
);

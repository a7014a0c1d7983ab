import { type Static, Type } from 'typebox';
import { commonFields, Name } from './common.ts';

/** An address pool. Which addresses are taken follows from the instances; `external` ones are reserved by hand. */
export const Network = Type.Object({
  ...commonFields,
  name: Name,
  /** IPv4 network in CIDR form. */
  network: Type.String(),
  gateway: Type.Union([Type.String(), Type.Null()]),
  /** IPv6 network in CIDR form; there is no pool of IPv6 addresses. */
  network6: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  gateway6: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  mac_prefix: Type.Union([Type.String(), Type.Null()]),
  external_reservations: Type.Array(Type.String()),
  /** Node group UUID to how the network is connected there. */
  groups: Type.Record(Type.String(), Type.Object({ mode: Type.String(), link: Type.String(), vlan: Type.String() })),
});
export type Network = Static<typeof Network>;

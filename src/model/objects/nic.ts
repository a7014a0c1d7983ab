import { type Static, Type } from 'typebox';
import { NicparamsPartial } from '../params/nicparams.ts';
import { Mac, Uuid } from './common.ts';

/** A network interface of an instance. It is stored inside its instance. */
export const Nic = Type.Object({
  uuid: Uuid,
  name: Type.Union([Type.String(), Type.Null()]),
  mac: Mac,
  ip: Type.Union([Type.String(), Type.Null()]),
  /** UUID of its network, or null. */
  network: Type.Union([Uuid, Type.Null()]),
  nicparams: NicparamsPartial,
});
export type Nic = Static<typeof Nic>;

import { type Static, Type } from 'typebox';
import { IpolicyPartial } from '../params/ipolicy.ts';
import { NdparamsPartial } from '../params/ndparams.ts';
import { commonFields, Name, PartialParams } from './common.ts';

export const NodeGroup = Type.Object({
  ...commonFields,
  name: Name,
  alloc_policy: Type.Union([Type.Literal('preferred'), Type.Literal('last_resort'), Type.Literal('unallocable')]),
  ipolicy: IpolicyPartial,
  ndparams: NdparamsPartial,
  diskparams: Type.Record(Type.String(), PartialParams),
});
export type NodeGroup = Static<typeof NodeGroup>;

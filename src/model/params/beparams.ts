import { type Static, Type } from 'typebox';
import { formats } from '../normalise.ts';
import { orReset, orWord } from './reset.ts';

const fields = {
  minmem: Type.Integer({ minimum: 1, format: formats.mebibytes, description: 'Memory below which the instance is never ballooned, MiB' }),
  maxmem: Type.Integer({ minimum: 1, format: formats.mebibytes, description: 'Memory the instance starts with, MiB' }),
  vcpus: Type.Integer({ minimum: 1, maximum: 1024, description: 'Virtual processors' }),
  auto_balance: Type.Boolean({ description: 'Counts for N+1 and is moved by the balancer' }),
  always_failover: Type.Boolean({ description: 'Never migrated live' }),
  spindle_use: Type.Integer({ minimum: 0, description: 'Share of the spindles of a node' }),
};

/** Back-end parameters, complete. */
export const Beparams = Type.Object(fields, { additionalProperties: false });
export type Beparams = Static<typeof Beparams>;

/** Back-end parameters as set at one level. */
export const BeparamsPartial = Type.Partial(Beparams, { additionalProperties: false });
export type BeparamsPartial = Static<typeof BeparamsPartial>;

/** As a change of the cluster asks for them. */
export const BeparamsChange = orReset(Beparams);
/** As a creation asks for them; "auto": what the cluster has at that moment. */
export const BeparamsWish = orWord(Beparams, 'auto');

export const defaultBeparams: Beparams = { minmem: 128, maxmem: 128, vcpus: 1, auto_balance: true, always_failover: false, spindle_use: 1 };

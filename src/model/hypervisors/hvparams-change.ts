import { type TRecord, Type } from 'typebox';
import { PartialParams } from '../objects/common.ts';
import { orReset } from '../params/reset.ts';
import { hypervisorRow, hypervisors } from './catalogue.ts';

/** By hypervisor, as a change of one level asks for them; of those that nobody can use everything is kept as it comes. */
export const HvparamsChange = Type.Object(
  Object.fromEntries(
    hypervisors.map((name) => {
      const { built, schema } = hypervisorRow(name);
      return [name, Type.Optional(built ? orReset(schema) : PartialParams)];
    }),
  ),
  { additionalProperties: false },
) as unknown as TRecord<string, typeof PartialParams>;

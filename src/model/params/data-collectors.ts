import { type Static, Type } from 'typebox';

/** Name of a collector of the monitoring agents: built in, or a plugin. */
const CollectorName = Type.String({ pattern: '^[a-z0-9][a-zA-Z0-9_.-]{0,63}$' });

/** A second to a day. */
const Microseconds = Type.Integer({ minimum: 1_000_000, maximum: 86_400_000_000, description: 'Microseconds' });

const orDefault = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

/** Nothing under other names. */
const strict = { additionalProperties: false };

/** Whether collectors show their reports; null: as the agent has it by itself. */
export const EnabledDataCollectors = Type.Record(CollectorName, orDefault(Type.Boolean()), strict);

/** How often collectors run; null: as the agent has it by itself. */
export const DataCollectorIntervals = Type.Record(CollectorName, orDefault(Microseconds), strict);

/** Name of a program in the folder of diagnose commands of each node; empty: the one named `diagnose`, where there is one. */
export const DiagnoseCommand = Type.String({ pattern: '^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$' });

/** What is set for the collectors of all agents, with the names of Ganeti's configuration; what is not is as they have it by themselves. */
export const DataCollectors = Type.Record(
  CollectorName,
  Type.Object({ active: Type.Optional(Type.Boolean()), interval: Type.Optional(Microseconds), command: Type.Optional(DiagnoseCommand) }),
  strict,
);
export type DataCollectors = Static<typeof DataCollectors>;

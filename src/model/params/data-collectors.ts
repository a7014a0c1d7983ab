import { type Static, Type } from 'typebox';
import { diagnoseCommandPattern } from './can-be-plugin.ts';

/**
 * The collectors that every monitoring agent has, with the seconds between two collections unless set. All are shown unless
 * hidden. The agent's own catalogue says more of them; a test holds the two together.
 */
export const builtInCollectors: Readonly<Record<string, number>> = {
  'cpu-avg-load': 5,
  diskstats: 5,
  drbd: 10,
  lv: 60,
  cpu: 5,
  memory: 5,
  filesystems: 30,
  network: 5,
  versions: 300,
  clock: 60,
  certificates: 300,
  daemons: 15,
  'node-health': 300,
  'kvm-resources': 15,
  'inst-usage': 5,
  'inst-guest-kvm': 10,
  'inst-status-kvm': 5,
  'inst-status-lxc': 10,
  'inst-status-docker': 10,
  plugins: 10,
};

/** Name of a collector of the monitoring agents: built in, or a plugin. */
const CollectorName = Type.String({ pattern: '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$' });

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
export const DiagnoseCommand = Type.String({ pattern: `^(${diagnoseCommandPattern})?$` });

/** What is set for the collectors of all agents, with the names of Ganeti's configuration; what is not is as they have it by themselves. */
export const DataCollectors = Type.Record(
  CollectorName,
  Type.Object({ active: Type.Optional(Type.Boolean()), interval: Type.Optional(Microseconds), command: Type.Optional(DiagnoseCommand) }),
  strict,
);
export type DataCollectors = Static<typeof DataCollectors>;

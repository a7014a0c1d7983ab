import { type Static, Type } from 'typebox';
import { DataCollectors } from '../params/data-collectors.ts';

/** What the cluster sets for the collectors of this node's monitoring agent, which reads it from this file. */
export const MonitorSettingsFile = Type.Object({ data_collectors: DataCollectors }, { additionalProperties: false });
export type MonitorSettingsFile = Static<typeof MonitorSettingsFile>;

/** Left by the monitoring agent while its log cannot be written. */
export const LogProblemFile = Type.Object({ problem: Type.Optional(Type.String()) });
export type LogProblemFile = Static<typeof LogProblemFile>;

/** Left by the supervisor of this node's daemons: which process it is. */
export const SupervisorFile = Type.Object({
  pid: Type.Integer(),
  startTicks: Type.Integer(),
  bootId: Type.String(),
  cluster: Type.String(),
});
export type SupervisorFile = Static<typeof SupervisorFile>;

/** Which daemons the supervisor started again: how often, and when last (seconds since 1970). */
export const RestartsFile = Type.Record(Type.String(), Type.Object({ count: Type.Integer(), last: Type.Number() }));
export type RestartsFile = Static<typeof RestartsFile>;

/** The levels of pino, as the other daemons write them. */
export const logLevels = { info: 30, warn: 40, error: 50 } as const;

/** What an operator finds in the log of the agent: one line when something begins or ends, none while it lasts. */
export type MonitorLog = (level: keyof typeof logLevels, message: string, facts?: Readonly<Record<string, unknown>>) => void;

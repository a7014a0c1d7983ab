const unfinished: ReadonlySet<unknown> = new Set(['queued', 'waiting', 'canceling', 'running']);

/** Whether a job of this status is still to run, or runs. */
export const isUnfinished = (status: string | undefined): boolean => unfinished.has(status);

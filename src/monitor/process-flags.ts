/**
 * How Node is started for the agent: few objects live long in it, and no code runs so often that the optimising compilers are
 * worth their memory. The size of the old space is not set, because V8 would also use it for worker threads instead of their own
 * limits, and a collector could then use that much memory before its thread is ended.
 */
export const processFlags = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=1',
  '--v8-pool-size=1',
  '--no-opt',
  '--no-maglev',
] as const;

/**
 * How Node is started for the agent: little lives long in it, and nothing is so hot that the optimising compilers pay for
 * the memory that they take. Nothing is said of the size of the old space: V8 would set it for worker threads too, over the
 * limits that they are given, and a collector could eat so much before its thread is ended.
 */
export const processFlags = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=1',
  '--v8-pool-size=1',
  '--no-opt',
  '--no-maglev',
] as const;

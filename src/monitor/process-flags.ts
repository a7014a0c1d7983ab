/**
 * How Node is started for the agent: little lives long in it, and nothing is so hot that the optimising compilers pay for
 * the memory that they take. The heap of the worker thread has limits of its own.
 */
export const processFlags = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=1',
  '--v8-pool-size=1',
  '--no-opt',
  '--no-maglev',
] as const;

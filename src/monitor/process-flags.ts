/** How Node is started for the agent: little lives long in it, and one helper thread of V8 is enough. The heap of the worker thread has limits of its own. */
export const processFlags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1', '--v8-pool-size=1'] as const;

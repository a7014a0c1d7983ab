/** What a daemon handles from when it serves until it is told to end: whoever looks at the process sees that it is not ending. */
export const stopSignals = ['SIGTERM', 'SIGINT'] as const;

/** Aborts on SIGTERM or SIGINT; the reason is the name of the signal. A second signal ends the process at once. */
export function stopSignal(): AbortSignal {
  const abort = new AbortController();
  const handlers = stopSignals.map((name) => [name, () => stop(name)] as const);
  const stop = (name: string) => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
    abort.abort(name);
  };
  for (const [name, handler] of handlers) process.on(name, handler);
  return abort.signal;
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

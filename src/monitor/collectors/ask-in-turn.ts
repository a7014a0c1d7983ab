/**
 * Asks about each item, this many at a time, until all are done or the signal aborts. Running questions then continue, but
 * nothing waits for them.
 * @throws what `ask` throws first
 */
export async function askInTurn<T>(
  all: readonly T[],
  atOnce: number,
  signal: AbortSignal,
  ask: (one: T) => Promise<unknown>,
): Promise<void> {
  const queue = all.values();
  const worker = async () => {
    for (const one of queue) {
      if (signal.aborted) return;
      await ask(one);
    }
  };
  const { promise: timeIsUp, resolve } = Promise.withResolvers<void>();
  const onAbort = () => resolve();
  signal.addEventListener('abort', onAbort);
  try {
    await Promise.race([timeIsUp, Promise.all(Array.from({ length: atOnce }, worker))]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

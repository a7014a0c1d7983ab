const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls the listener when a signal that lives long aborts, at once if it has; returns what takes it back. A signal itself walks through
 * all of its listeners for each new one, and `AbortSignal.any` makes a signal that it has to follow; here it is an entry of a set.
 */
export function whenAborted(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => undefined;
  }
  let all = listeners.get(signal);
  if (!all) {
    const own = new Set<() => void>();
    signal.addEventListener('abort', () => own.forEach((each) => each()), { once: true });
    listeners.set(signal, (all = own));
  }
  all.add(listener);
  const from = all;
  return () => void from.delete(listener);
}

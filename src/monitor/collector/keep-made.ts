import type { CollectorContext } from './collector-context.ts';

/** What {@link CollectorContext.kept} is, for one thread. */
export function keepMade(): CollectorContext['kept'] {
  const made = new Map<() => unknown, unknown>();
  return <T>(make: () => T): T => {
    if (!made.has(make)) made.set(make, make());
    return made.get(make) as T;
  };
}

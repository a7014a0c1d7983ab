import { type LockLevel, lockLevels, type Touch } from '../../model/index.ts';

export type LockMode = 'shared' | 'exclusive';

/** One lock that a job asks for. */
export interface LockWant {
  readonly level: LockLevel;
  /** What is locked: a lower-case name, a UUID, or `*` for everything of the level. */
  readonly key: string;
  /** How people know it: the object's name. */
  readonly label: string;
  readonly mode: LockMode;
  /** A second key of an object that is shown under its first; not listed by itself. */
  readonly alias?: boolean;
}

/** An object that exists: both of its keys. */
export interface LockTarget {
  readonly uuid: string;
  readonly name: string;
}

export type ResolveLock = (kind: LockLevel, nameOrUuid: string) => LockTarget | undefined;

/**
 * The locks for a list of touched objects, without duplicates, in the global order.
 *
 * An object that exists is locked under its name and under its UUID; one that does not exist yet under the name it will have. So
 * a creation excludes all other jobs on the new object, by name or UUID, from the beginning, and a rename excludes jobs on the
 * old and on the new name.
 */
export function lockWants(touches: readonly Touch[], resolve: ResolveLock): readonly LockWant[] {
  const wants = new Map<string, LockWant>();
  const add = (want: LockWant) => {
    const id = lockId(want);
    const known = wants.get(id);
    if (!known || (known.mode === 'shared' && want.mode === 'exclusive')) wants.set(id, want);
  };
  for (const { kind, name, mode } of touches) {
    if (name === '*') {
      add({ level: kind, key: '*', label: '*', mode });
      continue;
    }
    const target = resolve(kind, name);
    const label = target?.name ?? name;
    add({ level: kind, key: label.toLowerCase(), label, mode });
    if (target) add({ level: kind, key: target.uuid, label, mode, alias: true });
  }
  return [...wants.values()].sort(compareWants);
}

export function lockId(want: Pick<LockWant, 'level' | 'key'>): string {
  return `${want.level}/${want.key}`;
}

/** The one order in which everybody takes locks: by level, the whole level first, then by key. */
export function compareWants(a: LockWant, b: LockWant): number {
  const byLevel = lockLevels.indexOf(a.level) - lockLevels.indexOf(b.level);
  if (byLevel !== 0) return byLevel;
  if (a.key === b.key) return 0;
  if (a.key === '*') return -1;
  if (b.key === '*') return 1;
  return a.key < b.key ? -1 : 1;
}

export function sameWants(a: readonly LockWant[], b: readonly LockWant[]): boolean {
  return a.length === b.length && a.every((want, i) => lockId(want) === lockId(b[i] as LockWant) && want.mode === b[i]?.mode);
}

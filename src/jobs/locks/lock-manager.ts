import { type LockLevel, lockLevels } from '../../model/index.ts';
import type { LockRow } from '../../query/index.ts';
import { blockers, giveUp, type HoldMode, type Lock, newLock, reprioritise, take, tryTake } from './lock.ts';
import { compareWants, type LockMode, type LockWant, lockId } from './lock-want.ts';

/** Locks of the running jobs. In memory only: after a restart the resumed jobs take theirs again before all others. */
export interface LockManager {
  /**
   * Takes the locks one after the other in the global order, which excludes deadlock; an owner has one request at a
   * time. Lower priorities go first, equal ones in the order of their requests.
   * @returns whether all are held now; if not, `granted` is called when they are
   */
  request(owner: number, wants: readonly LockWant[], priority: number, granted: () => void): boolean;
  /**
   * Takes further locks for an owner that holds all it asked for, if none of them needs waiting.
   * @returns whether all are held; if not, the owner has to release its locks and ask again
   */
  extend(owner: number, wants: readonly LockWant[]): boolean;
  /** Gives back everything the owner holds or waits for; nothing happens when that is nothing. */
  release(owner: number): void;
  /** Gives back the locks of one level early. */
  releaseLevel(owner: number, level: LockLevel): void;
  changePriority(owner: number, priority: number): void;
  /** Whether the owner holds the lock with this key, or the whole level. */
  holds(owner: number, level: LockLevel, key: string): boolean;
  /** What the owner waits for, in words: `instance web1 (held by job 12)`. */
  waitingFor(owner: number): string | undefined;
  rows(): readonly LockRow[];
}

interface Request {
  readonly owner: number;
  readonly steps: readonly Claim[];
  /** Index of the claim it waits for; `steps.length` when it holds all. */
  next: number;
  priority: number;
  readonly held: Set<Lock>;
  waiting: Lock | undefined;
  readonly granted: () => void;
}

interface Claim {
  readonly want: LockWant;
  readonly mode: HoldMode;
}

export function createLockManager(): LockManager {
  const locks = new Map<string, Lock>();
  const requests = new Map<number, Request>();

  const lockOf = ({ want }: Claim): Lock => {
    const id = lockId(want);
    const lock = locks.get(id) ?? newLock({ id, level: want.level, key: want.key, label: want.label, alias: want.alias ?? false });
    locks.set(id, lock);
    return lock;
  };
  /** Whoever waits for a lock does so behind a holder. It may have been forgotten, and be another one by now. */
  const forget = (lock: Lock) => {
    if (lock.holders.size === 0 && locks.get(lock.id) === lock) locks.delete(lock.id);
  };

  const advance = (request: Request): boolean => {
    for (; request.next < request.steps.length; request.next++) {
      const claim = request.steps[request.next] as Claim;
      const lock = lockOf(claim);
      const granted = () => {
        // Somebody who was granted just before may have cancelled this one.
        if (requests.get(request.owner) !== request) return;
        request.waiting = undefined;
        request.held.add(lock);
        request.next++;
        if (advance(request)) request.granted();
      };
      if (!take(lock, { owner: request.owner, mode: claim.mode, priority: request.priority, overtaken: 0, granted })) {
        request.waiting = lock;
        return false;
      }
      request.held.add(lock);
    }
    return true;
  };

  const giveBack = (request: Request, lock: Lock) => {
    giveUp(lock, request.owner);
    forget(lock);
  };

  return {
    request(owner, wants, priority, granted) {
      if (requests.has(owner)) throw new Error(`job ${owner} asked for locks while it has some: this could deadlock`);
      const request: Request = { owner, steps: claims(wants), next: 0, priority, held: new Set(), waiting: undefined, granted };
      requests.set(owner, request);
      return advance(request);
    },
    extend(owner, wants) {
      const request = requests.get(owner);
      if (!request) return false;
      return claims(wants).every((claim) => {
        const lock = lockOf(claim);
        const held = tryTake(lock, owner, claim.mode);
        if (held) request.held.add(lock);
        return held;
      });
    },
    release(owner) {
      const request = requests.get(owner);
      if (!request) return;
      requests.delete(owner);
      if (request.waiting) giveBack(request, request.waiting);
      for (const lock of [...request.held].reverse()) giveBack(request, lock);
    },
    releaseLevel(owner, level) {
      const request = requests.get(owner);
      if (!request) return;
      // They stay in `held`: to give back twice does nothing.
      for (const lock of [...request.held].reverse()) if (lock.level === level) giveBack(request, lock);
    },
    changePriority(owner, priority) {
      const request = requests.get(owner);
      if (!request) return;
      request.priority = priority;
      if (request.waiting) reprioritise(request.waiting, owner, priority);
    },
    holds: (owner, level, key) =>
      locks.get(lockId({ level, key }))?.holders.has(owner) === true || isWhole(locks.get(lockId({ level, key: '*' }))?.holders.get(owner)),
    waitingFor(owner) {
      const request = requests.get(owner);
      return request?.waiting && describeWait(request, request.waiting);
    },
    rows: () => rowsOf(locks.values()),
  };
}

/** Adds the intention on each level, and lets `*` swallow the single locks that it covers. */
function claims(wants: readonly LockWant[]): readonly Claim[] {
  const all: Claim[] = [];
  for (const level of lockLevels) {
    const single = wants.filter((want) => want.level === level && want.key !== '*').sort(compareWants);
    const wide = wants.filter((want) => want.level === level && want.key === '*');
    const isExclusive = (want: LockWant) => want.mode === 'exclusive';
    const star = { level, key: '*', label: '*' } as const;
    if (wide.some(isExclusive) || (wide.length > 0 && single.some(isExclusive))) {
      all.push({ want: { ...star, mode: 'exclusive' }, mode: 'X' });
    } else if (wide.length > 0) {
      all.push({ want: { ...star, mode: 'shared' }, mode: 'S' });
    } else if (single.length > 0) {
      const mode: LockMode = single.some(isExclusive) ? 'exclusive' : 'shared';
      all.push({ want: { ...star, mode }, mode: mode === 'exclusive' ? 'IX' : 'IS' });
      all.push(...single.map((want): Claim => ({ want, mode: isExclusive(want) ? 'X' : 'S' })));
    }
  }
  return all;
}

function describeWait(request: Request, lock: Lock): string {
  const mode = (request.steps[request.next] as Claim).mode;
  const what = lock.key === '*' ? `all of level ${lock.level}` : `${lock.level} ${lock.label}`;
  const held = blockers(lock, mode);
  if (held.length > 0) return `${what} (held by ${jobs(held)})`;
  const ahead = lock.queue
    .slice(
      0,
      lock.queue.findIndex((waiter) => waiter.owner === request.owner),
    )
    .map((waiter) => waiter.owner);
  return `${what} (after ${jobs(ahead)})`;
}

function jobs(ids: readonly number[]): string {
  const shown = [...ids].sort((a, b) => a - b).slice(0, 5);
  const rest = ids.length - shown.length;
  return `job ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/**
 * One row per object: its two locks (name and UUID) are shown as one. Intentions without a waiter get no row, because no job
 * asked for the whole level. If a job waits, every job that blocks it counts as a holder.
 */
function rowsOf(locks: Iterable<Lock>): LockRow[] {
  const objects = new Map<string, Lock[]>();
  for (const lock of locks) {
    const name = `${lock.level}/${lock.label}`;
    const known = objects.get(name);
    if (known) known.push(lock);
    else objects.set(name, [lock]);
  }
  return [...objects].flatMap(([name, parts]) => row(name, parts) ?? []);
}

function row(name: string, parts: readonly Lock[]): LockRow | undefined {
  const waiters = parts.flatMap(({ queue }) => queue);
  const held = parts.flatMap(({ holders, queue }) => [...holders].filter(([, mode]) => queue.length > 0 || isWhole(mode)));
  // Who waits, waits for a holder of the same lock.
  if (held.length === 0) return undefined;
  const exclusive = held.some(([, mode]) => mode === 'X' || mode === 'IX');
  return {
    name,
    level: (parts[0] as Lock).level,
    mode: exclusive ? 'exclusive' : 'shared',
    owners: [...new Set(held.map(([owner]) => owner))].sort((a, b) => a - b),
    pending: waiters.map(({ owner, mode }) => ({ job: owner, mode: mode === 'X' || mode === 'IX' ? 'exclusive' : 'shared' })),
  };
}

const isWhole = (mode: HoldMode | undefined): boolean => mode === 'S' || mode === 'X';

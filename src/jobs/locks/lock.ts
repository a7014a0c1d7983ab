import type { LockLevel } from '../../model/index.ts';

/**
 * Modes of one lock. `IS` and `IX` are intentions on the lock of a whole level, taken by everybody who locks single
 * objects of it; so `*` conflicts with them without a look at each object.
 */
export type HoldMode = 'IS' | 'IX' | 'S' | 'X';

const conflicts: Readonly<Record<HoldMode, readonly HoldMode[]>> = {
  IS: ['X'],
  IX: ['S', 'X'],
  S: ['IX', 'X'],
  X: ['IS', 'IX', 'S', 'X'],
};

/** What a mode already includes. */
const covers: Readonly<Record<HoldMode, readonly HoldMode[]>> = {
  IS: ['IS'],
  IX: ['IX', 'IS'],
  S: ['S', 'IS'],
  X: ['IS', 'IX', 'S', 'X'],
};

/** How often jobs with a better priority may overtake a waiter; after that, none may. */
const overtakeLimit = 100;

export interface Waiter {
  readonly owner: number;
  readonly mode: HoldMode;
  priority: number;
  overtaken: number;
  /** Called when the lock is given to it. */
  readonly granted: () => void;
}

export interface Lock {
  readonly id: string;
  readonly level: LockLevel;
  readonly key: string;
  readonly label: string;
  readonly alias: boolean;
  readonly holders: Map<number, HoldMode>;
  /** Number of holders by mode, so that a test for conflicts does not walk them. */
  readonly counts: Record<HoldMode, number>;
  readonly queue: Waiter[];
}

export function newLock(want: Pick<Lock, 'id' | 'level' | 'key' | 'label' | 'alias'>): Lock {
  return { ...want, holders: new Map(), counts: { IS: 0, IX: 0, S: 0, X: 0 }, queue: [] };
}

/**
 * Takes the lock, or queues for it. First come, first served among equal priorities: a shared request behind a waiting
 * exclusive one waits too, so that writers do not starve.
 * @returns whether it is held now
 */
export function take(lock: Lock, waiter: Waiter): boolean {
  const place = placeFor(lock, waiter);
  for (let i = place; i < lock.queue.length; i++) (lock.queue[i] as Waiter).overtaken++;
  if (place === 0 && fits(lock, waiter.mode)) {
    hold(lock, waiter);
    return true;
  }
  lock.queue.splice(place, 0, waiter);
  return false;
}

/**
 * Takes the lock, or changes it to a stronger mode, if this is possible without waiting. Without waiting there can be no
 * deadlock.
 * @returns whether it is held now as asked for
 */
export function tryTake(lock: Lock, owner: number, mode: HoldMode): boolean {
  const own = lock.holders.get(owner);
  if (own && covers[own].includes(mode)) return true;
  if (!own && lock.queue.length > 0) return false;
  if (own) lock.counts[own]--;
  const wanted = own === undefined || own === 'IS' || mode === 'X' ? mode : 'X';
  const held = fits(lock, wanted) ? wanted : own;
  if (held) {
    lock.holders.set(owner, held);
    lock.counts[held]++;
  }
  return held === wanted;
}

/** Gives up a hold or a place in the queue; those who can go on then are granted. */
export function giveUp(lock: Lock, owner: number): void {
  const held = lock.holders.get(owner);
  if (held) {
    lock.holders.delete(owner);
    lock.counts[held]--;
  } else {
    const place = lock.queue.findIndex((waiter) => waiter.owner === owner);
    if (place >= 0) lock.queue.splice(place, 1);
  }
  grantWaiting(lock);
}

/** Moves a waiter to the place that its new priority gives it. */
export function reprioritise(lock: Lock, owner: number, priority: number): void {
  const from = lock.queue.findIndex((waiter) => waiter.owner === owner);
  const [waiter] = lock.queue.splice(from, 1) as [Waiter];
  waiter.priority = priority;
  lock.queue.splice(placeFor(lock, waiter), 0, waiter);
  grantWaiting(lock);
}

/** Holders that keep this waiter from the lock; none when it only waits for those in front of it. */
export function blockers(lock: Lock, mode: HoldMode): readonly number[] {
  return [...lock.holders].filter(([, held]) => conflicts[mode].includes(held)).map(([owner]) => owner);
}

function grantWaiting(lock: Lock): void {
  const granted: Waiter[] = [];
  while (lock.queue[0] && fits(lock, lock.queue[0].mode)) {
    const waiter = lock.queue.shift() as Waiter;
    hold(lock, waiter);
    granted.push(waiter);
  }
  for (const waiter of granted) waiter.granted();
}

function hold(lock: Lock, waiter: Waiter): void {
  lock.holders.set(waiter.owner, waiter.mode);
  lock.counts[waiter.mode]++;
}

function fits(lock: Lock, mode: HoldMode): boolean {
  return conflicts[mode].every((other) => lock.counts[other] === 0);
}

function placeFor(lock: Lock, waiter: Waiter): number {
  let place = lock.queue.length;
  while (place > 0) {
    const ahead = lock.queue[place - 1] as Waiter;
    if (ahead.priority <= waiter.priority || ahead.overtaken >= overtakeLimit) break;
    place--;
  }
  return place;
}

import { createHook, executionAsyncResource } from 'node:async_hooks';
import type { WorkerMark } from './collect-request.ts';
import { monotonicNow } from './monotonic-now.ts';

/** Knows at every moment whose code the thread runs: also after an `await`, in timers, and in events of sockets. */
export interface WhoRuns {
  /** The code from now on, and everything asynchronous that it starts, belongs to this collector. 0: to none. */
  enter(who: number): void;
  readonly current: number;
  /** Whose promise it is; 0 if nobody's. */
  ownerOf(promise: Promise<unknown>): number;
}

const owner = Symbol('owner');

type Owned = { [owner]?: number };

/** Everything asynchronous that begins while a collector runs belongs to it; the mark follows when it goes on. */
export function watchWhoRuns(mark: WorkerMark): WhoRuns {
  const suspended: number[] = [];
  let current = 0;

  const begin = (who: number) => {
    if (who !== 0) mark.since[0] = monotonicNow();
    if (who !== current) Atomics.store(mark.who, 0, who);
    current = who;
  };
  const enter = (who: number) => {
    if (who !== current) begin(who);
  };

  createHook({
    init: (_id, _type, _trigger, resource: Owned) => {
      if (current !== 0) resource[owner] = current;
    },
    before: () => {
      suspended.push(current);
      // A collector that continues in a new turn starts a new measurement: only a single turn of the event loop counts as blocking.
      begin((executionAsyncResource() as Owned)[owner] ?? 0);
    },
    after: () => enter(suspended.pop() ?? 0),
  }).enable();

  return {
    enter,
    get current() {
      return current;
    },
    ownerOf: (promise) => (promise as Owned)[owner] ?? 0,
  };
}

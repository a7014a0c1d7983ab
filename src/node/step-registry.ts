import { createHash } from 'node:crypto';
import { GantryError } from '../base/index.ts';
import type { CallContext, HandlerContext, Progress, RpcCall } from '../rpc/index.ts';

interface Running {
  readonly stepId: string;
  readonly epoch: string;
  readonly outcome: Promise<unknown>;
  readonly abort: AbortController;
  readonly watchers: Set<(progress: Progress) => void>;
  last: Progress | undefined;
}

type StepCall = RpcCall & { readonly stepId: string };

export interface StepRegistryLimits {
  /** How many outcomes are remembered, and how many characters of JSON they may have together. */
  readonly outcomes: number;
  readonly characters: number;
}

/**
 * Lets a repeated request of a step join the one that runs, or get its result when it has ended. A step goes on when its
 * caller is gone; only `cancel` stops it. After a restored backup numbers of jobs repeat, so a step is the same only under the same epoch. Failures are not remembered: a repetition tries again.
 */
export class StepRegistry {
  readonly #limits: StepRegistryLimits;
  readonly #running = new Map<string, Running>();
  /** Results as JSON, oldest first. */
  readonly #finished = new Map<string, string>();
  #characters = 0;

  constructor(limits: StepRegistryLimits = { outcomes: 1000, characters: 16_000_000 }) {
    this.#limits = limits;
  }

  async run(call: StepCall, caller: CallContext, work: (context: HandlerContext) => Promise<unknown>): Promise<unknown> {
    const key = keyOf(call);
    const remembered = this.#finished.get(key);
    if (remembered !== undefined) return JSON.parse(remembered);
    const running = this.#running.get(key) ?? this.#start(key, call, caller, work);
    running.watchers.add(caller.progress);
    if (running.last) caller.progress(running.last);
    try {
      return await untilGone(running.outcome, caller.signal);
    } finally {
      running.watchers.delete(caller.progress);
    }
  }

  /** Asks everything that runs for this step to stop. @returns when all of it has ended */
  async cancel(stepId: string, epoch = ''): Promise<void> {
    const reason = new GantryError('CANCELLED', { subject: `step ${stepId}` });
    const told = [...this.#running.values()].filter((running) => running.stepId === stepId && running.epoch === epoch);
    for (const { abort } of told) abort.abort(reason);
    await Promise.allSettled(told.map(({ outcome }) => outcome));
  }

  #start(
    key: string,
    { stepId, epoch = '' }: StepCall,
    { operation }: CallContext,
    work: (context: HandlerContext) => Promise<unknown>,
  ): Running {
    const abort = new AbortController();
    const watchers = new Set<(progress: Progress) => void>();
    const progress = (now: Progress) => {
      running.last = now;
      for (const watch of watchers) watch(now);
    };
    const outcome = Promise.resolve()
      .then(() => work({ stepId, operation, progress, signal: abort.signal }))
      .then((result) => {
        this.#remember(key, JSON.stringify(result));
        return result;
      })
      .finally(() => this.#running.delete(key));
    // Nobody may be waiting any more when it fails; the next who asks tries again.
    outcome.catch(() => undefined);
    const running: Running = { stepId, epoch, outcome, abort, watchers, last: undefined };
    this.#running.set(key, running);
    return running;
  }

  #remember(key: string, result: string): void {
    this.#finished.set(key, result);
    this.#characters += result.length;
    for (const [oldest, text] of this.#finished) {
      if (this.#finished.size <= this.#limits.outcomes && this.#characters <= this.#limits.characters) break;
      this.#finished.delete(oldest);
      this.#characters -= text.length;
    }
  }
}

/** One step may make several calls: method and parameters tell them apart. */
function keyOf({ stepId, epoch = '', method, params }: StepCall): string {
  return `${epoch} ${stepId} ${method} ${createHash('sha256').update(JSON.stringify(params)).digest('base64url')}`;
}

async function untilGone(outcome: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  signal.throwIfAborted();
  const gone = Promise.withResolvers<never>();
  const onAbort = () => gone.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([outcome, gone.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

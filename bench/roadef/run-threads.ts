import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FoundState } from '../../src/placement/index.ts';
import type { RoadefModel } from './roadef-model.ts';

/** How long to search: until a point in time (milliseconds, as the system's clock has it), or so many steps on each thread. */
export type SearchBudget = { readonly until: number } | { readonly steps: number };

export interface ThreadsOptions {
  readonly model: RoadefModel;
  readonly initial: Int32Array;
  readonly budget: SearchBudget;
  readonly threads: number;
  readonly seed: number;
}

/** What a search thread is started with. */
export interface SearchTask extends ThreadsOptions {
  readonly thread: number;
  readonly board: Board;
}

/** What the threads share: the best that each one has found, and where they wait for each other. */
export interface Board {
  /** By thread. */
  readonly costs: Float64Array;
  /** By thread and process. */
  readonly places: Int32Array;
  /** Threads that have arrived, and meetings that are over. */
  readonly gate: Int32Array;
}

/**
 * Searches on several threads that go on from the best of them after each phase. With a budget of steps the result depends
 * on the seed and the number of threads alone.
 */
export async function runThreads(options: ThreadsOptions): Promise<FoundState> {
  const { model, threads } = options;
  const board: Board = {
    costs: new Float64Array(new SharedArrayBuffer(threads * Float64Array.BYTES_PER_ELEMENT)).fill(Number.POSITIVE_INFINITY),
    places: new Int32Array(new SharedArrayBuffer(threads * model.processes * Int32Array.BYTES_PER_ELEMENT)),
    gate: new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)),
  };
  const workers = Array.from({ length: threads }, (_, thread) => {
    const workerData: SearchTask = { ...options, thread, board };
    return new Worker(join(import.meta.dirname, 'search-thread.ts'), { workerData });
  });
  try {
    await Promise.all(workers.map((worker) => once(worker, 'exit')));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return bestOf(board);
}

/** The best on the board; of equal ones that of the first thread. */
export function bestOf({ costs, places }: Board): FoundState {
  const cost = Math.min(...costs);
  const thread = costs.indexOf(cost);
  const processes = places.length / costs.length;
  return { cost, places: places.slice(thread * processes, (thread + 1) * processes) };
}

/** Puts the best of a thread on the board, waits for the other threads to do so, and answers with the best of all. */
export function meet({ costs, places, gate }: Board, thread: number, best: FoundState): FoundState {
  costs[thread] = best.cost;
  places.set(best.places, thread * best.places.length);
  passGate(gate, costs.length);
  const found = bestOf({ costs, places, gate });
  // Nobody may write again before everybody has read.
  passGate(gate, costs.length);
  return found;
}

function passGate(gate: Int32Array, threads: number): void {
  const meeting = Atomics.load(gate, 1);
  if (Atomics.add(gate, 0, 1) + 1 === threads) {
    Atomics.store(gate, 0, 0);
    Atomics.store(gate, 1, meeting + 1);
    Atomics.notify(gate, 1);
  } else while (Atomics.load(gate, 1) === meeting) Atomics.wait(gate, 1, meeting);
}

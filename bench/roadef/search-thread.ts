import { workerData } from 'node:worker_threads';
import { seededRandom, systemClock } from '../../src/base/index.ts';
import { batchSteps, createVectorModel, search } from '../../src/placement/index.ts';
import { meet, type SearchBudget, type SearchTask } from './run-threads.ts';
import { toSearchProblem } from './to-search-problem.ts';

// One thread of `runThreads`: searches with random numbers of its own.

const { model, initial, budget, seed, thread, board } = workerData as SearchTask;

search(createVectorModel(toSearchProblem(model, initial)), {
  random: seededRandom(seed * 1000 + thread),
  progress: progressOf(budget),
  exchange: (best) => meet(board, thread, best),
});

function progressOf(budget: SearchBudget): () => number {
  if ('steps' in budget) {
    let steps = -batchSteps;
    return () => (steps += batchSteps) / budget.steps;
  }
  const began = systemClock.now();
  return () => (systemClock.now() - began) / Math.max(1, budget.until - began);
}

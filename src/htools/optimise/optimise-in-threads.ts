import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Plan } from '../../placement/index.ts';
import { type OptimiseTask, runTask } from './optimise-task.ts';

/**
 * Searches on several processors, each with a seed of its own, and takes the best plan; of equals that of the first seed.
 * With a limit of steps and none of time the result depends on the seed and the number of threads alone; within a time there
 * are no more threads than processors, which would only take the time from each other.
 */
export async function optimiseInThreads(task: OptimiseTask, wanted: number): Promise<Plan> {
  const threads = task.seconds === undefined ? wanted : Math.min(wanted, availableParallelism());
  if (threads === 1) return runTask(task);
  const plans = await Promise.all(Array.from({ length: threads }, (_, thread) => inThread({ ...task, seed: task.seed + thread })));
  return plans.reduce((best, plan) => (plan.after < best.after ? plan : best));
}

async function inThread(task: OptimiseTask): Promise<Plan> {
  const worker = new Worker(new URL('./optimise-worker.ts', import.meta.url), { workerData: task });
  try {
    const [plan] = (await once(worker, 'message')) as [Plan];
    return plan;
  } finally {
    await worker.terminate();
  }
}

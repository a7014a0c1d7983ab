import { parentPort, workerData } from 'node:worker_threads';
import type { OptimiseTask } from './optimise-task.ts';
import { runTask } from './optimise-task.ts';

/** One thread of the search: takes a task, answers with its plan. */
parentPort?.postMessage(runTask(workerData as OptimiseTask));

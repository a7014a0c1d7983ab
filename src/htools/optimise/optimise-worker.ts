import { parentPort, workerData } from 'node:worker_threads';
import { type OptimiseTask, runTask } from './optimise-task.ts';

// One thread of the search: takes a task, answers with its plan and gives nothing of its own away with it.
parentPort?.postMessage(runTask(workerData as OptimiseTask), []);

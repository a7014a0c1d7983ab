import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerSettings } from './collect-request.ts';
import { runCollectors } from './run-collectors.ts';

// The thread in which collectors run. Outside of a thread it does nothing, so that it can be loaded ahead.
if (parentPort) await runCollectors(workerData as WorkerSettings, parentPort);

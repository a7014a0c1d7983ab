import { parentPort, workerData } from 'node:worker_threads';
import { type LeaseThreadData, type LeaseThreadMessage, unitsPerMs } from './lease-keeper.ts';
import { openLeaseRenewer } from './lease-renewer.ts';

/** Prolongs one lease until it has ended or the main thread shows no sign of life; run by `lease-keeper.ts`. */
const { lease, everyMs, retryMs, hungMs, memory } = workerData as LeaseThreadData;
const [renewed, alive] = [0, 1];
const times = new BigInt64Array(memory);
const now = () => process.hrtime.bigint() / 1000n;
const say = (message: LeaseThreadMessage) => parentPort?.postMessage(message, []);

const renewer = await openLeaseRenewer(lease);

async function renew(): Promise<void> {
  const asked = now();
  // A master that hangs forever must not prevent the others from leading.
  if (Number(asked - Atomics.load(times, alive)) > hungMs * unitsPerMs) return void setTimeout(renew, retryMs);
  try {
    if (!(await renewer.renew())) return say({ type: 'ended' });
    Atomics.store(times, renewed, asked);
    setTimeout(renew, everyMs);
  } catch (error) {
    say({ type: 'failed', problem: error instanceof Error ? error.message : String(error) });
    setTimeout(renew, retryMs);
  }
}

await renew();

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../base/index.ts';
import { processFlags } from './process-flags.ts';

const tellLimit = `
  const { Worker } = require('node:worker_threads');
  const tell = "require('node:worker_threads').parentPort.postMessage(require('node:v8').getHeapStatistics().heap_size_limit)";
  new Worker(tell, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 32 } }).on('message', (limit) => console.log(limit));
`;

test('a worker thread of the agent has the limit of memory that it is given', async () => {
  const { stdout } = await run(process.execPath, [...processFlags, '-e', tellLimit]);
  const mebibytes = Number(stdout) / 2 ** 20;
  assert.ok(mebibytes >= 32 && mebibytes < 48, stdout);
});

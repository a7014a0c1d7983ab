import { runTestFiles } from '../../../../tools/run-test-files.ts';

const { signal } = new AbortController();
const [seed, ...files] = process.argv.slice(2);
const result = await runTestFiles(import.meta.dirname, files, { concurrency: 2, timeoutMs: 3000, signal, seed: Number(seed) });
process.stdout.write(`${JSON.stringify(result)}\n`);

import { runTestFiles } from '../../../../tools/run-test-files.ts';

const { signal } = new AbortController();
const result = await runTestFiles(import.meta.dirname, process.argv.slice(2), { concurrency: 2, timeoutMs: 3000, signal });
console.log(JSON.stringify(result));

import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { CodeBreak } from './code-break.ts';

// Loaded before a test: serves one file with one break in it, and leaves the files on the disk alone. Programs and
// threads that the test starts have it too, since it comes by NODE_OPTIONS.
const given = process.env['GANTRY_TEST_BREAK'];
if (given !== undefined) {
  const { path, start, end, after } = JSON.parse(given) as Pick<CodeBreak, 'start' | 'end' | 'after'> & { readonly path: string };
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith('file:') || fileURLToPath(url) !== path) return nextLoad(url, context);
      const text = readFileSync(path, 'utf8');
      return { format: 'module-typescript', shortCircuit: true, source: text.slice(0, start) + after + text.slice(end) };
    },
  });
}

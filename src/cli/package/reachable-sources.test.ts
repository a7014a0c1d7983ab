import assert from 'node:assert/strict';
import { it } from 'node:test';
import { reachableSources } from './reachable-sources.ts';

it('follows imports, later imports, threads and cycles, and leaves out what nobody names', () => {
  const texts: Record<string, string> = {
    'src/main.ts': "import { a } from './a/a.ts';\nconst b = await import('./b.ts');",
    'src/a/a.ts': "import { main } from '../main.ts'; new Worker(new URL('worker.ts', import.meta.url)); read('./gone.ts');",
    'src/a/worker.ts': 'export {};',
    'src/b.ts': 'import "node:fs";',
    'src/test-helper.ts': "import './b.ts';",
  };
  assert.deepEqual([...reachableSources('src/main.ts', (path) => texts[path])].sort(), [
    'src/a/a.ts',
    'src/a/worker.ts',
    'src/b.ts',
    'src/main.ts',
  ]);
});

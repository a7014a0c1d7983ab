import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedLists } from './generated-lists.ts';

function write(made: Readonly<Record<string, () => string>>): void {
  for (const [path, make] of Object.entries(made)) {
    writeFileSync(join(import.meta.dirname, '..', path), make());
    process.stdout.write(`wrote ${path}\n`);
  }
}

write(generatedLists);
// Each of these is made from the source as it is with what was written before.
write((await import('./generated-data.ts')).generatedData);
write((await import('./generated-pages.ts')).generatedPages);

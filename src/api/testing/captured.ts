import { readFileSync } from 'node:fs';

/** A captured reply of Ganeti, parsed. */
export function captured<T = unknown>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../testdata/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** Name, path and status of every captured reply. */
export function capturedIndex(): { name: string; path: string; status: number }[] {
  const text = readFileSync(new URL('../testdata/INDEX.tsv', import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', path = '', status = ''] = line.split('\t');
      return { name, path, status: Number(status) };
    });
}

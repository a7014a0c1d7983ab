import { dirname, join } from 'node:path';

/** A path of a source in quotes: of an import, of one that happens later, of a thread or process. */
const named = /['"](\.{1,2}\/[^'"\n]+\.ts|[a-z][^'"\n]*\.ts)['"]/g;

/**
 * The sources that a program may load: `entry`, what it names, what that names, and so on. Helpers of tests are not among
 * them. A name in a text that is no import only adds a file.
 * @param read the text of a source; undefined when there is none of this path
 */
export function reachableSources(entry: string, read: (path: string) => string | undefined): Set<string> {
  const reached = new Set<string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    const text = read(path);
    if (text === undefined) continue;
    reached.add(path);
    for (const [, name = ''] of text.matchAll(named)) waiting.push(join(dirname(path), name));
  }
  return reached;
}

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** A random, unbalanced cluster in the text format: NODES INSTANCES GROUPS SEED SKEW, and a disk template. Needs python3. */
export function generateCluster(...words: readonly (number | string)[]): string {
  const script = join(import.meta.dirname, 'generate-cluster.py');
  const { status, stdout, stderr } = spawnSync('python3', [script, ...words.map(String)], { encoding: 'utf8', maxBuffer: 1e9 });
  if (status !== 0) throw new Error(`generate-cluster.py failed: ${stderr}`);
  return stdout;
}

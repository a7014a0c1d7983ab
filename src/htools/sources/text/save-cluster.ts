import { GantryError, writeFileAtomic } from '../../../base/index.ts';
import type { ClusterData } from '../../../placement/index.ts';
import { formatText } from './format-text.ts';

/** Writes a cluster to a file in the text format, whole or not at all. @throws HTOOLS_SAVE_FAILED */
export async function saveCluster(file: string, cluster: ClusterData): Promise<void> {
  try {
    await writeFileAtomic(file, formatText(cluster));
  } catch (cause) {
    throw new GantryError('HTOOLS_SAVE_FAILED', { file, detail: (cause as Error).message }, { cause });
  }
}

import { GantryError } from '../../base/index.ts';
import type { ClusterData } from '../../placement/index.ts';
import { readSourceFile } from './read-source-file.ts';
import { parseText } from './text/parse-text.ts';

/** Where a cluster is described: one of these. */
export interface ClusterSource {
  /** `-t`: file in the text format. */
  readonly textFile?: string | undefined;
}

/** Loads a cluster from the one source that is given. */
export async function loadCluster(source: ClusterSource): Promise<ClusterData> {
  if (source.textFile !== undefined) return parseText(await readSourceFile(source.textFile), source.textFile);
  throw new GantryError('HTOOLS_SOURCE_MISSING');
}

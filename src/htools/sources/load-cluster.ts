import { GantryError } from '../../base/index.ts';
import type { ClusterData } from '../../placement/index.ts';
import { loadLuxi } from './luxi/load-luxi.ts';
import { loadRapi } from './rapi/load-rapi.ts';
import { readSourceFile } from './read-source-file.ts';
import { simulate } from './simulation/simulate.ts';
import { parseText } from './text/parse-text.ts';

/** Where a cluster is described: one of these. */
export interface ClusterSource {
  /** `-t`: file in the text format. */
  readonly textFile?: string | undefined;
  /** `-m`: host, URL, or `file://` and a folder. */
  readonly rapi?: string | undefined;
  /** `-L`: path of the master's Unix socket. */
  readonly luxiSocket?: string | undefined;
  /** `--simulate`, once for each group. */
  readonly simulated?: readonly string[] | undefined;
}

/** Loads a cluster from the one source that is given. */
export async function loadCluster(options: ClusterSource): Promise<ClusterData> {
  return await loadSource(options);
}

function loadSource({ textFile, rapi, luxiSocket, simulated = [] }: ClusterSource): Promise<ClusterData> | ClusterData {
  const given = [textFile, rapi, luxiSocket].filter((source) => source !== undefined);
  if (given.length > 1) throw new GantryError('HTOOLS_SOURCE_AMBIGUOUS');
  if (rapi !== undefined) return loadRapi(rapi);
  if (luxiSocket !== undefined) return loadLuxi(luxiSocket);
  if (simulated.length > 0) return simulate(simulated);
  if (textFile !== undefined) return readSourceFile(textFile).then((text) => parseText(text, textFile));
  throw new GantryError('HTOOLS_SOURCE_MISSING');
}

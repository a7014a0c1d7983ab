import { join } from 'node:path';
import { GantryError } from '../../base/index.ts';
import type { ClusterData } from '../../placement/index.ts';
import { loadCluster } from './load-cluster.ts';
import { defaultLuxiSocket } from './luxi/luxi-client.ts';
import { saveCluster } from './text/save-cluster.ts';

export interface Collection {
  /** Hosts or URLs of REST APIs; none: the master of this host. */
  readonly rapi: readonly string[];
  readonly rapiCaFile?: string | undefined;
  readonly rapiCredentialsFile?: string | undefined;
  /** Socket of the master of this host. */
  readonly luxiSocket?: string | undefined;
  /** Where the files go. */
  readonly folder: string;
  readonly staticKvmNodeMemory?: number | undefined;
  /** Told what is odd but no error. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** A cluster and where it was saved, or why it was not. */
export type Collected =
  | { readonly name: string; readonly cluster: ClusterData; readonly file: string }
  | { readonly name: string; readonly error: GantryError };

/** Loads clusters one after the other and saves each in the text format (source: hscan(1)). */
export async function* collectClusters(wanted: Collection): AsyncGenerator<Collected> {
  const { rapi, folder, luxiSocket = defaultLuxiSocket, rapiCaFile, rapiCredentialsFile, staticKvmNodeMemory, warn } = wanted;
  const sources =
    rapi.length === 0 ? [{ name: 'LOCAL', source: { luxiSocket } }] : rapi.map((host) => ({ name: host, source: { rapi: host } }));
  for (const { name, source } of sources) {
    const file = join(folder, `${fileName(name)}.data`);
    try {
      const cluster = await loadCluster({ ...source, rapiCaFile, rapiCredentialsFile, staticKvmNodeMemory, warn });
      await saveCluster(file, cluster);
      yield { name, cluster, file };
    } catch (error) {
      yield { name, error: GantryError.from(error) };
    }
  }
}

/** Slashes become underscores, and a password does not get into the name of a file. */
const fileName = (name: string): string => name.replace(/(\/\/)[^/@]*@/, '$1').replaceAll('/', '_');

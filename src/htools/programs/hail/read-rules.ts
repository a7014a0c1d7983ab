import { type ClusterData, compileRules, type RuleBook } from '../../../placement/index.ts';
import type { Settings } from '../../command/settings.ts';

/**
 * The rules of the location file, if one is named, to be compiled for a cluster.
 * @throws LOCATION_UNREADABLE and the other errors of location files
 */
export async function readRules({ locationFile }: Settings): Promise<((cluster: ClusterData) => RuleBook) | undefined> {
  if (locationFile === undefined) return undefined;
  const { readLocationFile } = await import('../../location/read-location-file.ts');
  const { topology, services } = await readLocationFile(locationFile);
  return (cluster) => compileRules(cluster, topology, services);
}

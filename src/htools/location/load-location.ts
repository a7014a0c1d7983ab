import { compileRules, type Location, type PreparedCluster, type RuleBook, refuseConflict } from '../../placement/index.ts';
import { readLocationFile } from './read-location-file.ts';

export interface LoadedLocation {
  readonly location: Location;
  readonly rules: RuleBook;
}

/**
 * The rules of a location file for a cluster, sure to be possible.
 * @throws all errors LOCATION_…
 */
export async function loadLocation(path: string, cluster: PreparedCluster): Promise<LoadedLocation> {
  const location = await readLocationFile(path);
  const rules = compileRules(cluster, location.topology, location.services);
  refuseConflict(cluster, location);
  return { location, rules };
}

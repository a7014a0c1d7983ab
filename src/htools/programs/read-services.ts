import { type PreparedCluster, resolveMembers, type ServiceMinimum } from '../../placement/index.ts';
import type { Settings } from '../command/settings.ts';

/** Services of the location file, if one is named, that must keep a number of members alive. */
export async function readServices(cluster: PreparedCluster, { locationFile }: Settings): Promise<readonly ServiceMinimum[]> {
  if (locationFile === undefined) return [];
  const { readLocationFile } = await import('../location/read-location-file.ts');
  const { services } = await readLocationFile(locationFile);
  const members = resolveMembers(cluster, services);
  return services.flatMap(({ name, minimumAlive }) =>
    minimumAlive === undefined ? [] : [{ name, minimumAlive, members: members.get(name) ?? new Int32Array(0) }],
  );
}

import { type Location, type PreparedCluster, resolveMembers, type ServiceMinimum } from '../../placement/index.ts';

/** The services that must keep a number of members alive. */
export function serviceMinima(cluster: PreparedCluster, { services }: Location): ServiceMinimum[] {
  const members = resolveMembers(cluster, services);
  return services.flatMap(({ name, minimumAlive }) =>
    minimumAlive === undefined ? [] : [{ name, minimumAlive, members: members.get(name) ?? new Int32Array(0) }],
  );
}

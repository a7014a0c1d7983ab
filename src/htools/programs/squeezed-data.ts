import { mirroringOf } from '../../model/disk-templates/catalogue.ts';
import { type ClusterData, createState, prepareCluster, type SqueezePlan } from '../../placement/index.ts';

/** The cluster as it is once a plan has been carried out. */
export function squeezedData(data: ClusterData, { action, nodes, moves }: SqueezePlan): ClusterData {
  const places = new Map(moves.map(({ instance, primary, secondary }) => [instance, { primary, secondary }]));
  const switched = new Set(nodes);
  const { local } = createState(prepareCluster(data)).instances;
  const disk = new Float64Array(data.nodes.length);
  const take = (n: number, amount: number) => {
    if (n >= 0) disk[n] = (disk[n] as number) + amount;
  };
  const instances = data.instances.map((instance, i) => {
    const place = places.get(i) ?? instance;
    const size = local[i] === 1 ? instance.disk : 0;
    const second = mirroringOf(instance.diskTemplate) === 'internal' ? size : 0;
    take(instance.primary, -size);
    take(instance.secondary, -second);
    take(place.primary, size);
    take(place.secondary, second);
    return { ...instance, ...place };
  });
  return {
    ...data,
    nodes: data.nodes.map((node, n) => ({
      ...node,
      offline: switched.has(n) ? action === 'off' : node.offline,
      freeDisk: node.freeDisk - (disk[n] as number),
    })),
    instances,
  };
}

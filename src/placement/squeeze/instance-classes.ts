import type { ClusterState } from '../state/cluster-state.ts';

/** Numbers the kinds of instances: two of a kind weigh the same wherever they are. With rules, each is a kind of its own. */
export function instanceClasses({ instances, instanceCount, data, tags }: ClusterState, distinct: boolean): Int32Array {
  const columns = Object.entries(instances).flatMap(([name, column]) => (name === 'primary' || name === 'secondary' ? [] : [column]));
  const tagged = tags.exclusionCount > 0 || tags.words > 0;
  const ids = new Map<string, number>();
  return Int32Array.from({ length: instanceCount }, (_, i) => {
    if (distinct) return i;
    let key = '';
    for (const column of columns) key += `${column[i]} `;
    const instance = data.instances[i];
    if (tagged && instance) key += [...instance.exclusionTags, '|', ...instance.desiredLocationTags].join('\n');
    const id = ids.get(key) ?? ids.size;
    ids.set(key, id);
    return id;
  });
}

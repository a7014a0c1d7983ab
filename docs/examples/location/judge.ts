import { join } from 'node:path';
import { loadCluster, readLocationFile } from '../../../src/htools/index.ts';
import {
  compileRules,
  hardRulesOf,
  locationFromTags,
  mergeLocations,
  noNode,
  prepareCluster,
  refuseConflict,
  survivability,
} from '../../../src/placement/index.ts';

/** Tells what stands against one place of an instance, and which racks the cluster cannot lose. */
export async function judge(folder: string): Promise<string> {
  const cluster = prepareCluster(await loadCluster({ textFile: join(folder, 'cluster.data') }));
  const file = await readLocationFile(join(folder, 'location.yaml'));
  const location = mergeLocations(file, hardRulesOf(locationFromTags(cluster)));
  refuseConflict(cluster, location);

  const rules = compileRules(cluster, location.topology, location.services);
  const web3 = cluster.instances.findIndex(({ name }) => name === 'web3');
  const node1 = cluster.nodes.findIndex(({ name }) => name === 'node1');
  const against = rules.explain(web3, node1, noNode).map(({ rule, detail }) => `${rule} (${detail})`);

  const racks = survivability(cluster, location).losses.filter(({ level, lost }) => level === 'rack' && lost.length > 0);
  return [
    `excess of hard rules: ${rules.hard}`,
    `web3 on node1: ${against.join('; ')}`,
    `racks that must not fail: ${racks.map(({ domain }) => domain).join(', ')}`,
  ].join('\n');
}

if (import.meta.main) console.log(await judge(import.meta.dirname));

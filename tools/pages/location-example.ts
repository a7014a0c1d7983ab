import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseLocation, parseText } from '../../src/htools/index.ts';
import { balance, compileRules, createState, defaultBalanceOptions, locationPicture, prepareCluster } from '../../src/placement/index.ts';

const folder = join(import.meta.dirname, '../../docs/examples/location');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

/** `docs/examples/location/before-and-after.svg`: the example of docs/location.md, balanced by its rules; what `hbal --svg` draws. */
export function locationExample(): string {
  const cluster = prepareCluster(parseText(read('cluster.data'), 'cluster.data'));
  const location = parseLocation(read('location.yaml'), 'location.yaml');
  const state = createState(cluster);
  const rules = compileRules(cluster, location.topology, location.services);
  for (const _ of balance(state, { ...defaultBalanceOptions, rules })) {
    // The moves are in the state.
  }
  const instances = cluster.instances.map((instance, i) => ({
    ...instance,
    primary: state.instances.primary[i] as number,
    secondary: state.instances.secondary[i] as number,
  }));
  return locationPicture(cluster, location, { after: { ...cluster, instances } });
}

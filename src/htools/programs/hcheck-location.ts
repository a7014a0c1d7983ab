import { bottlenecks, type PreparedCluster, survivability } from '../../placement/index.ts';
import type { ProgramIo } from '../command/program-io.ts';
import type { Settings } from '../command/settings.ts';
import { loadLocation } from '../location/load-location.ts';
import { printBottlenecks, printSurvivability } from '../location/print-survivability.ts';
import { printKeys } from '../print/print-keys.ts';

/**
 * Judges where a cluster's instances are: rules that are broken, links that replication overloads, and what the loss of
 * each failure domain would do now.
 * @returns whether something is against the rules; what cannot survive is told, but may be meant so
 */
export async function checkLocation(prepared: PreparedCluster, file: string, settings: Settings, io: ProgramIo): Promise<boolean> {
  const { location, rules } = await loadLocation(file, prepared);
  const breaches = rules.breaches();
  const links = bottlenecks(prepared, location.topology);
  const overloaded = links.filter(({ use }) => use > 1).length;
  const survival = survivability(prepared, location);
  const harmful = survival.losses.filter(({ lost, services }) => lost.length + services.length > 0);
  if (settings.machineReadable) {
    const counts = {
      rules_broken: rules.hard,
      wishes_cost: rules.soft,
      links_overloaded: overloaded,
      domains: survival.losses.length,
      domains_harmful: harmful.length,
      instances_lost: Math.max(0, ...survival.losses.map(({ lost }) => lost.length)),
      services_below: Math.max(0, ...survival.losses.map(({ services }) => services.length)),
    };
    io.out(
      printKeys(
        'HCHECK_LOCATION',
        Object.entries(counts).map(([key, value]) => [key, String(value)]),
      ),
    );
  } else {
    io.out('\nLocation\n');
    for (const { rule, hard, detail } of breaches) io.out(`${hard ? 'Broken' : 'Not met'}: ${rule}: ${detail}\n`);
    if (links.length > 0) io.out(printBottlenecks(links));
    io.out(printSurvivability(survival));
  }
  return rules.hard > 0 || overloaded > 0;
}

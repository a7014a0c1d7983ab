import { bottlenecks, type PreparedCluster, type Survivability, survivability } from '../../placement/index.ts';
import type { Settings } from '../command/settings.ts';
import { type LoadedLocation, loadLocation } from '../location/load-location.ts';
import { printBottlenecks, printSurvivability } from '../location/print-survivability.ts';
import { printKeys } from '../print/print-keys.ts';

/** Where a cluster's instances are, judged: rules that are broken, links that replication overloads, domains that may fail. */
export interface JudgedLocation {
  readonly rules: LoadedLocation['rules'];
  readonly links: ReturnType<typeof bottlenecks>;
  readonly survival: Survivability;
  /** Something is against the rules. What cannot survive is told, but may be meant so. */
  readonly misplaced: boolean;
}

/** @returns undefined when the options name no rules of location */
export async function judgeLocation(prepared: PreparedCluster, settings: Settings): Promise<JudgedLocation | undefined> {
  const loaded = await loadLocation(settings, prepared, 'judge');
  if (!loaded) return undefined;
  const { location, rules } = loaded;
  const links = bottlenecks(prepared, location.topology);
  return {
    rules,
    links,
    survival: survivability(prepared, location),
    misplaced: rules.hard > 0 || links.some(({ use }) => use > 1),
  };
}

/** For people. */
export function printLocation({ rules, links, survival }: JudgedLocation): string {
  const broken = rules.breaches().map(({ rule, hard, detail }) => `${hard ? 'Broken' : 'Not met'}: ${rule}: ${detail}\n`);
  return ['\nLocation\n', ...broken, links.length > 0 ? printBottlenecks(links) : '', printSurvivability(survival)].join('');
}

/** For scripts. */
export function locationKeys({ rules, links, survival: { losses } }: JudgedLocation): string {
  const counts = {
    rules_broken: rules.hard,
    wishes_cost: rules.soft,
    links_overloaded: links.filter(({ use }) => use > 1).length,
    domains: losses.length,
    domains_harmful: losses.filter(({ lost, services }) => lost.length + services.length > 0).length,
    instances_lost: Math.max(0, ...losses.map(({ lost }) => lost.length)),
    services_below: Math.max(0, ...losses.map(({ services }) => services.length)),
  };
  return printKeys(
    'HCHECK_LOCATION',
    Object.entries(counts).map(([key, value]) => [key, String(value)]),
  );
}

import {
  compileRules,
  hardRulesOf,
  type Location,
  locationFromTags,
  mergeLocations,
  type PreparedCluster,
  type RuleBook,
  refuseConflict,
} from '../../placement/index.ts';

/** What options say about location. */
export interface LocationSource {
  /** `--location` */
  readonly locationFile?: string | undefined;
  /** `--location-from-tags`; with a file, tags hold in any case. */
  readonly locationTags?: boolean | undefined;
}

/**
 * What it is for. To `judge`, everything counts. To `plan`, the wishes that tags stand for are left out: they are in
 * Ganeti's score, which plans are made by, and would count twice.
 */
export type LocationUse = 'judge' | 'plan';

/** Location as it is for one cluster: tags differ, the file is the same. */
export type LocationOf = (cluster: PreparedCluster) => Location;

export interface LoadedLocation {
  readonly location: Location;
  readonly rules: RuleBook;
}

/**
 * Reads what the options name; undefined when that is nothing.
 * @throws LOCATION_UNREADABLE, LOCATION_SYNTAX, LOCATION_INVALID
 */
export async function chooseLocation({ locationFile, locationTags }: LocationSource, use: LocationUse): Promise<LocationOf | undefined> {
  const tags = (cluster: PreparedCluster) => (use === 'judge' ? locationFromTags(cluster) : hardRulesOf(locationFromTags(cluster)));
  if (locationFile === undefined) return locationTags ? tags : undefined;
  // The YAML parser is loaded only when there is something to parse.
  const file = await (await import('./read-location-file.ts')).readLocationFile(locationFile);
  return (cluster) => mergeLocations(file, tags(cluster));
}

/**
 * The rules that the options name for a cluster, sure to be possible; undefined when they name none.
 * @throws all errors LOCATION_…
 */
export async function loadLocation(
  source: LocationSource,
  cluster: PreparedCluster,
  use: LocationUse = 'plan',
): Promise<LoadedLocation | undefined> {
  const location = (await chooseLocation(source, use))?.(cluster);
  if (!location) return undefined;
  const rules = compileRules(cluster, location.topology, location.services);
  refuseConflict(cluster, location);
  return { location, rules };
}

/** The rules for a cluster whose instances come and go: made anew for each. */
export const rulesOf =
  (locationOf: LocationOf) =>
  (cluster: PreparedCluster): RuleBook => {
    const { topology, services } = locationOf(cluster);
    return compileRules(cluster, topology, services);
  };

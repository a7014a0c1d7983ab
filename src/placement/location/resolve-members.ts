import { GantryError } from '../../base/index.ts';
import type { ClusterData } from '../cluster/cluster-data.ts';
import { unknown } from './layout.ts';
import { createNameIndex, globPattern, isGlob } from './name-index.ts';
import type { Service } from './service.ts';

export const placeOfService = (service: Service): string => service.at ?? `service ${service.name}`;

/**
 * Positions of the instances of each service, ascending, by the service's name.
 * @throws LOCATION_UNKNOWN for a name that no instance has; LOCATION_DUPLICATE for two services of one name
 */
export function resolveMembers({ instances }: ClusterData, services: readonly Service[]): ReadonlyMap<string, Int32Array> {
  const index = createNameIndex(instances.map(({ name }) => name));
  const tagged = new Map<string, number[]>();
  for (const [position, { tags }] of instances.entries()) {
    for (const tag of tags) tagged.set(tag, [...(tagged.get(tag) ?? []), position]);
  }
  const arrivals = arrivalsByName(instances);
  const members = new Map<string, Int32Array>();
  const first = new Map(services.toReversed().map((service) => [service.name, service]));
  for (const service of services) {
    const at = placeOfService(service);
    const other = first.get(service.name);
    if (other && other !== service)
      throw new GantryError('LOCATION_DUPLICATE', { at, kind: 'service', name: service.name, other: placeOfService(other) });
    const positions = new Set<number>();
    for (const selector of service.members) {
      const found =
        typeof selector === 'string'
          ? (index.find(selector) ?? unknown('instance', selector, index.names, at))
          : withTag(tagged, selector.tag);
      for (const position of found) positions.add(position);
    }
    for (const position of [...positions])
      for (const arrival of arrivals.get(instances[position]?.name ?? '') ?? []) positions.add(arrival);
    members.set(service.name, Int32Array.from(positions).sort());
  }
  return members;
}

function arrivalsByName(instances: ClusterData['instances']): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const [position, { arrivalOf }] of instances.entries()) {
    if (arrivalOf !== undefined) found.set(arrivalOf, [...(found.get(arrivalOf) ?? []), position]);
  }
  return found;
}

function withTag(tagged: ReadonlyMap<string, readonly number[]>, wanted: string): readonly number[] {
  if (!isGlob(wanted)) return tagged.get(wanted) ?? [];
  const pattern = globPattern(wanted);
  return [...tagged].flatMap(([tag, positions]) => (pattern.test(tag) ? positions : []));
}

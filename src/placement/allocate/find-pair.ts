import type { Allocator } from './allocator.ts';
import { type Candidates, type Finding, type FindOptions, findPlace } from './find-place.ts';
import type { Wanted } from './search.ts';
import { weighNodes } from './weigh-nodes.ts';

/**
 * A place for a pair within one group, as Ganeti has it; where rules of location refuse every pair that the group could
 * take, as when replicas must be in different node groups, with the secondary in another group. The nodes of `primaries`
 * were weighed in both roles.
 * @param others nodes of the other groups that may take the secondary
 */
export function findPair(
  { search }: Allocator,
  wanted: Wanted,
  primaries: Int32Array,
  others: () => Int32Array,
  options: FindOptions,
): Finding {
  const within: Candidates = { primaries, secondaries: primaries };
  const finding = findPlace(search, wanted, within, options);
  if (finding.place || !search.rules) return finding;
  const counted = options.silent ? findPlace(search, wanted, within, { ...options, silent: false }) : finding;
  if (counted.refusedByRules === 0) return finding;
  const secondaries = others();
  if (secondaries.length === 0) return finding;
  weighNodes(search, wanted, new Int32Array(), secondaries);
  const across = findPlace(search, wanted, { primaries, secondaries }, options);
  return across.place ? across : finding;
}

import type { FamilyHead } from '../../base/index.ts';

const endings: Readonly<Record<FamilyHead['type'], readonly string[]>> = {
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  summary: ['_sum', '_count', '_created'],
  info: ['_info'],
  gauge: [],
  unknown: [],
};

/** All names that a family takes up on the page, its own and those of its samples: no other family may have one of them. */
export const namesOfFamily = ({ name, type }: Pick<FamilyHead, 'name' | 'type'>): string[] => [
  name,
  ...endings[type].map((ending) => name + ending),
];

/** The first name that two families both take up. */
export function sharedName(families: readonly Pick<FamilyHead, 'name' | 'type'>[]): string | undefined {
  const taken = new Set<string>();
  for (const name of families.flatMap(namesOfFamily)) {
    if (taken.has(name)) return name;
    taken.add(name);
  }
  return undefined;
}

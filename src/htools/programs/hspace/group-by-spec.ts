import type { Capacity } from '../../../placement/index.ts';
import type { RequestedSpec } from '../../command/settings.ts';
import { specOf } from './instance-spec.ts';

/** Instances of the same size that came one after the other. */
export function groupBySpec({ instances }: Capacity): { readonly spec: RequestedSpec; count: number }[] {
  const groups: { readonly spec: RequestedSpec; count: number }[] = [];
  for (const spec of instances.map(specOf)) {
    const last = groups.at(-1);
    if (last && JSON.stringify(last.spec) === JSON.stringify(spec)) last.count++;
    else groups.push({ spec, count: 1 });
  }
  return groups;
}

import { openSync } from 'node:fs';
import { inheritedDescriptors } from './inherited-descriptors.ts';

/**
 * What to put behind the streams of a child in its `stdio`, so that it has no descriptor that this process was itself started with.
 * For processes that cannot simply close those (`closeInheritedDescriptors`), as they have begun to use some: each becomes one
 * of /dev/null in the child.
 * @param from - how many descriptors the child is given on purpose
 */
export function closedDescriptors(from: number): ('ignore' | number)[] {
  inherited ??= inheritedDescriptors();
  const highest = inherited.at(-1) ?? -1;
  const beyond = Math.max(0, highest + 1 - from);
  return Array.from({ length: beyond }, (_, index) => (inherited?.includes(from + index) ? nothing() : 'ignore'));
}

/** Fixed when the process begins, as all that it opens later is closed for children. */
let inherited: readonly number[] | undefined;
let devNull: number | undefined;

function nothing(): number {
  devNull ??= openSync('/dev/null', 'r+');
  return devNull;
}

import { GantryError } from '../../base/index.ts';

/** Ganeti's names of the allocator that is built in, and of the default one. */
const builtIn: readonly string[] = ['hail', '.', ''];

/** @throws IALLOCATOR_UNKNOWN when another allocator than the built-in one is asked for */
export function requireIallocator(name: string | null | undefined): void {
  if (!builtIn.includes(name ?? '')) throw new GantryError('IALLOCATOR_UNKNOWN', { name: name ?? '' });
}

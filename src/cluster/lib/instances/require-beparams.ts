import { GantryError } from '../../../base/index.ts';
import type { Beparams } from '../../../model/index.ts';

/** @param subject name of the opcode @throws INPUT_INVALID when the smallest memory is above the largest */
export function requireBeparams({ minmem, maxmem }: Beparams, subject: string): void {
  if (minmem <= maxmem) return;
  throw new GantryError('INPUT_INVALID', { subject, field: 'beparams.minmem', problem: `${minmem} is above maxmem ${maxmem}` });
}

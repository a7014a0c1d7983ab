import { readFile } from 'node:fs/promises';
import { GantryError } from '../../base/index.ts';
import type { Location } from '../../placement/index.ts';
import { parseLocation } from './parse-location.ts';

/**
 * Reads a location file, YAML or JSON, as docs/location.md describes it.
 * @throws LOCATION_UNREADABLE, LOCATION_SYNTAX, LOCATION_INVALID
 */
export async function readLocationFile(path: string): Promise<Location> {
  try {
    return parseLocation(await readFile(path, 'utf8'), path);
  } catch (cause) {
    if (cause instanceof GantryError) throw cause;
    throw new GantryError('LOCATION_UNREADABLE', { path, problem: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}

import { GantryError } from '../../base/index.ts';
import type { OpcodeDefinition } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { findInstance, findNode } from './find-object.ts';

/**
 * An object that a request names both by name and by UUID must be the same one: the name may belong to another object since
 * the client looked.
 * @throws OBJECT_UUID_DIFFERS, OBJECT_UUIDS_DIFFER, OBJECT_UNKNOWN
 */
export function requireSameObjects(
  config: ConfigSnapshot,
  { uuids = [] }: Pick<OpcodeDefinition, 'uuids'>,
  params: Readonly<Record<string, unknown>>,
): void {
  for (const { uuid: byUuid, name: byName, kind } of uuids) {
    const expected = listOf(params[byUuid]);
    if (expected.length === 0) continue;
    const found = listOf(params[byName]).map((name) => (kind === 'node' ? findNode(config, name) : findInstance(config, name)));
    const byNameOnly = found.filter(({ uuid }) => !expected.includes(uuid));
    const byUuidOnly = expected.filter((uuid) => !found.some((object) => object.uuid === uuid));
    if (byNameOnly.length === 0 && byUuidOnly.length === 0) continue;
    const [object] = found;
    if (object && !Array.isArray(params[byUuid]))
      throw new GantryError('OBJECT_UUID_DIFFERS', { kind, name: object.name, uuid: object.uuid, expected: String(params[byUuid]) });
    const missingElsewhere = (where: string, what: readonly string[]) =>
      what.length === 0 ? [] : [`only ${where} has ${what.join(', ')}`];
    const problem = [
      ...missingElsewhere(
        byName,
        byNameOnly.map(({ name, uuid }) => `${name} (${uuid})`),
      ),
      ...missingElsewhere(byUuid, byUuidOnly),
    ].join('; ');
    throw new GantryError('OBJECT_UUIDS_DIFFER', { kind, names: byName, uuids: byUuid, problem });
  }
}

const listOf = (value: unknown): string[] => (value === undefined || value === null ? [] : ([value].flat() as string[]));

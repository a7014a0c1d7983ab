import { GantryError } from '../../base/index.ts';
import { uuidParameters } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { findInstance, findNode } from './find-object.ts';

/**
 * An object that a request names both by name and by UUID must be the same one: the name may belong to another object since
 * the client looked.
 * @throws OBJECT_UUID_DIFFERS, OBJECT_UNKNOWN
 */
export function requireSameObjects(config: ConfigSnapshot, id: string, params: Readonly<Record<string, unknown>>): void {
  for (const { uuid: byUuid, name: byName, kind } of uuidParameters[id] ?? []) {
    const expected = listOf(params[byUuid]);
    if (expected.length === 0) continue;
    const found = listOf(params[byName]).map((name) => (kind === 'node' ? findNode(config, name) : findInstance(config, name)));
    const other = found.find(({ uuid }) => !expected.includes(uuid));
    const [missing] = expected.filter((uuid) => !found.some((object) => object.uuid === uuid));
    if (!other && missing === undefined) continue;
    const [name, uuid] = other
      ? [other.name, other.uuid]
      : [listOf(params[byName]).join(', '), found.map((object) => object.uuid).join(', ')];
    throw new GantryError('OBJECT_UUID_DIFFERS', { kind, name, uuid, expected: missing ?? expected.join(', ') });
  }
}

const listOf = (value: unknown): string[] => (value === undefined || value === null ? [] : ([value].flat() as string[]));

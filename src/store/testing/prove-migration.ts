import assert from 'node:assert/strict';
import { seededRandom } from '../../base/index.ts';
import type { StoreContent } from '../backup.ts';
import { migrateContent } from '../migrations/migrate-content.ts';
import type { Migration } from '../migrations/migration.ts';

const rounds = 50;

/**
 * For the test of a migration: from whatever mixture of old and new objects an interruption leaves, it comes to the same end.
 * @returns the content after it
 */
export function proveMigration(migration: Migration, before: StoreContent, seed = 1): StoreContent {
  const { content: after, changes } = migrateContent(before, migration);
  assert.ok(changes.length > 0, 'the content has nothing that this migration changes');
  assert.deepEqual(migrateContent(after, migration).changes, [], 'what is migrated already stays as it is');
  const random = seededRandom(seed);
  for (let round = 0; round < rounds; round++) {
    const mixed = new Map(before);
    for (const write of changes.filter(() => random() < 0.5).flat()) {
      if (write.type === 'put') mixed.set(write.key, write.value);
      else mixed.delete(write.key);
    }
    const completed = migrateContent(mixed, migration).content;
    assert.deepEqual(sorted(completed), sorted(after), `a mixture of old and new objects (seed ${seed}, round ${round})`);
  }
  return after;
}

const sorted = (content: StoreContent) => [...content].sort(([left], [right]) => (left < right ? -1 : 1));

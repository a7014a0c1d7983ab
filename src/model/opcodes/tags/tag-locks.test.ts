import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tagsDel } from './tags-del.ts';
import { tagsSet } from './tags-set.ts';

test('tags lock the object that has them, for nobody else', () => {
  for (const { touches } of [tagsSet, tagsDel]) {
    for (const kind of ['instance', 'node', 'group', 'network']) {
      assert.deepEqual(touches({ kind, name: 'one', tags: ['a'] }), [{ kind, name: 'one', mode: 'exclusive' }]);
    }
    assert.deepEqual(touches({ kind: 'cluster', tags: ['a'] }), [{ kind: 'cluster', name: 'cluster', mode: 'exclusive' }]);
    assert.deepEqual(touches({ kind: 'cluster', name: '', tags: ['a'] }), [{ kind: 'cluster', name: 'cluster', mode: 'exclusive' }]);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { internalRights, isWatcher, watcherPrincipal } from './internal-principals.ts';

test('a user with the name of the watcher is not the watcher', () => {
  assert.ok(isWatcher(watcherPrincipal));
  assert.ok(isWatcher({ ...watcherPrincipal }), 'as a job keeps it');
  assert.ok(!isWatcher({ ...watcherPrincipal, scheme: 'users-file' }));
  assert.ok(!isWatcher({ ...watcherPrincipal, name: 'alice' }));
});

test('parts of the master have the rights of this list, and no more', () => {
  assert.deepEqual(
    [...internalRights].map(([name, rights]) => [name, [...rights]]),
    [['gantry-watcher', ['instance:startup']]],
  );
});

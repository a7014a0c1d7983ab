import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watcherPrincipal } from './internal/internal-principals.ts';
import { principalOfJob, storedPrincipal } from './job-principal.ts';

const alice = { name: 'alice', scheme: 'ldap', groups: ['staff'], options: ['x'] };

test('a job keeps its principal without the limits of its credentials', () => {
  const stored = storedPrincipal({ ...alice, limits: { until: 1, readOnly: true } });
  assert.deepEqual(stored, alice);
  assert.deepEqual(principalOfJob({ user: 'alice', principal: stored }), alice);
});

test('a job of an earlier version belongs to a user with write, or to the watcher', () => {
  assert.deepEqual(principalOfJob({ user: 'bob' }), { name: 'bob', scheme: 'users-file', groups: [], options: ['write'] });
  assert.equal(principalOfJob({ user: 'gantry-watcher' }), watcherPrincipal);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeRole } from './node.ts';

test('the role of a node is the first of master, offline, drained, candidate that it has', () => {
  const role = (uuid: string, ...flags: ('offline' | 'drained' | 'master_candidate')[]) =>
    nodeRole(
      { uuid, offline: false, drained: false, master_candidate: false, ...Object.fromEntries(flags.map((flag) => [flag, true])) },
      'm',
    );
  assert.equal(role('m', 'offline', 'drained', 'master_candidate'), 'M');
  assert.equal(role('n', 'offline', 'drained', 'master_candidate'), 'O');
  assert.equal(role('n', 'drained', 'master_candidate'), 'D');
  assert.equal(role('n', 'master_candidate'), 'C');
  assert.equal(role('n'), 'R');
});

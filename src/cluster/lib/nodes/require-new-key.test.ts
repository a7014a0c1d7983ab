import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainConfig, plainNode } from '../../testing/plain-config.ts';
import { requireNewKey } from './require-new-key.ts';

test('a key belongs to one node', () => {
  const config = plainConfig({
    nodes: [plainNode(0, { certificate_fingerprint: 'a' }), plainNode(1, { certificate_fingerprint: '' })],
    instances: [],
  });
  requireNewKey(config, 'b', 'late');
  requireNewKey(config, 'a', 'NODE0');
  assert.throws(() => requireNewKey(config, 'a', 'late'), { code: 'JOIN_KEY_TAKEN', facts: { name: 'late', other: 'node0' } });
});

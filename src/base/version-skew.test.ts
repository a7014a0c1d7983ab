import assert from 'node:assert/strict';
import { test } from 'node:test';
import { versionSkew } from './version-skew.ts';

test('one version apart is near, more is far', () => {
  for (const [version, skew] of [
    ['0.3.1', 'same'],
    ['0.3.0', 'release'],
    ['0.3.12+git', 'release'],
    ['0.2.9', 'older'],
    ['0.4.0', 'newer'],
    ['0.1.9', 'far'],
    ['0.5.0', 'far'],
    ['1.3.1', 'far'],
    ['0.30.1', 'far'],
    ['', 'far'],
    ['unknown', 'far'],
  ] as const) {
    assert.equal(versionSkew(version, '0.3.1'), skew, version);
  }
  assert.equal(versionSkew('0.3.1', 'unknown'), 'far');
  assert.equal(versionSkew('a', 'b'), 'far');
});

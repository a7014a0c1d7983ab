import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { packageVersion, requireRelease, requireVersion, type Sources } from './package-version.ts';

const sources: Sources = {
  version: '0.2.0',
  count: 713,
  commit: 'c83e707b00112233445566778899aabbccddeeff',
  committedAt: Date.UTC(2026, 10, 30) / 1000,
  changed: false,
  tag: undefined,
};

const isLess = (a: string, b: string) => {
  execFileSync('dpkg', ['--compare-versions', a, 'lt', b]);
};

describe('packageVersion', () => {
  it('is the version of package.json at its tag, and names number, day and commit elsewhere', () => {
    assert.equal(packageVersion({ ...sources, tag: 'here' }), '0.2.0');
    assert.equal(packageVersion(sources), '0.2.0~git713.20261130.c83e707b');
    assert.equal(packageVersion({ ...sources, tag: 'before' }), '0.2.0+git713.20261130.c83e707b');
    assert.equal(packageVersion({ ...sources, tag: 'here', changed: true }), '0.2.0+git713.20261130.c83e707b+changed');
  });

  it('sorts for dpkg as the history goes: before the release, the release, after it, the next one', () => {
    const history = [
      packageVersion({ ...sources, version: '0.1.0', tag: 'here' }),
      packageVersion({ ...sources, count: 99 }),
      packageVersion({ ...sources, count: 99, changed: true }),
      packageVersion({ ...sources, count: 100, commit: '00000000ff', committedAt: sources.committedAt - 86_400 }),
      packageVersion(sources),
      packageVersion({ ...sources, count: 714, tag: 'here' }),
      packageVersion({ ...sources, count: 715, tag: 'before' }),
      packageVersion({ ...sources, count: 1000, tag: 'before' }),
      packageVersion({ ...sources, version: '0.2.1', count: 1001 }),
    ];
    for (const [index, version] of history.slice(1).entries()) isLess(history[index] ?? '', version);
  });
});

describe('requireVersion', () => {
  it('accepts what dpkg compares and a file name can have', () => {
    assert.equal(requireVersion('1.2.0~rc1'), '1.2.0~rc1');
    for (const version of ['', 'v1', '1.0-1', '1:2', '../1', '1 0', '1_0', `1${'0'.repeat(100)}`]) {
      assert.throws(() => requireVersion(version), { code: 'PACKAGE_VERSION_INVALID' }, version);
    }
  });
});

describe('requireRelease', () => {
  it('refuses all but the unchanged commit with the tag', () => {
    requireRelease({ ...sources, tag: 'here' });
    for (const other of [sources, { ...sources, tag: 'before' as const }, { ...sources, tag: 'here' as const, changed: true }]) {
      assert.throws(() => requireRelease(other), { code: 'PACKAGE_RELEASE_REFUSED' });
    }
  });
});

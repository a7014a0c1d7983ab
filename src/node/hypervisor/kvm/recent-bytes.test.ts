import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../../base/index.ts';
import { RecentBytes } from './recent-bytes.ts';

describe('recent bytes', () => {
  it('are the end of all that came, whatever the pieces', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 200; round++) {
      const limit = 1 + Math.floor(random() * 12);
      const recent = new RecentBytes(limit);
      let all = Buffer.alloc(0);
      for (let piece = 0; piece < 8; piece++) {
        const bytes = Buffer.from(Array.from({ length: Math.floor(random() * 30) }, () => Math.floor(random() * 256)));
        all = Buffer.concat([all, bytes]);
        recent.push(bytes);
        const kept = all.subarray(Math.max(0, all.length - limit));
        assert.deepEqual(recent.last(), kept);
        assert.deepEqual(recent.last(3), kept.subarray(Math.max(0, kept.length - 3)));
      }
    }
  });

  it('do not change when more comes', () => {
    const recent = new RecentBytes(4);
    recent.push(Buffer.from('abcd'));
    const before = recent.last();
    recent.push(Buffer.from('ef'));
    assert.equal(before.toString(), 'abcd');
    assert.equal(recent.last().toString(), 'cdef');
  });
});

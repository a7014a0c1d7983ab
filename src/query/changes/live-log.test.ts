import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LiveLog } from './live-log.ts';

describe('the log of live changes', () => {
  it('tells of each object once after any number, in the order of the changes, until it forgets', () => {
    const log = new LiveLog(4);
    for (const key of ['a', 'b', 'a', 'a', 'c', 'd', 'b']) log.add(key, 'changed', 1);
    const after = (number: number) => [...(log.after(number)?.keys() ?? ['forgotten'])].join('');
    assert.deepEqual([0, 1, 3, 4, 5, 6, 7].map(after), ['acdb', 'acdb', 'acdb', 'cdb', 'db', 'b', '']);
    log.add('e', 'changed', 1);
    assert.deepEqual([0, 3, 4, 5, 6, 7, 8].map(after), ['forgotten', 'forgotten', 'cdbe', 'dbe', 'be', 'e', '']);
  });

  it('costs a reader who missed little the same however long it is', () => {
    const spent = (length: number) => {
      const log = new LiveLog(20_000);
      for (let each = 0; each < length; each++) log.add(`job ${each}`, 'changed', 1);
      const before = process.cpuUsage();
      for (let reads = 0; reads < 2000; reads++) assert.equal(log.after(log.newest - 1)?.size, 1);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    spent(10);
    assert.ok(spent(20_000) < 20 * spent(10) + 20_000);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestHost } from '../testing/test-host.ts';
import { createOomKills, parseOomKills } from './oom-kills.ts';

const kill = (group: string, pid: number, task = 'dd', prefix = '6,900,65819151136,-') =>
  `${prefix};oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=${group},task_memcg=${group},task=${task},pid=${pid},uid=0\n`;

test('whom the kernel killed, among other records', () => {
  const log = `4,1,5,-;oom-kill: not this\n SUBSYSTEM=x\n${kill('/lxc.payload.web1', 42)}6,901,7,c;Killed process 42 (dd)\n`;
  assert.deepEqual(parseOomKills(log), [{ pid: 42, group: '/lxc.payload.web1', at: 65819.151136 }]);
  assert.deepEqual(parseOomKills(kill('/a', 7, 'a,pid=1,uid=0'))[0]?.pid, 7, 'a task may be called anything');
  for (const bad of ['', kill('/a', 7, 'dd', '14,900,5,-'), kill('/a', 7).slice(0, -8), '\0']) assert.deepEqual(parseOomKills(bad), []);
});

test('kills are remembered, the latest of them', () => {
  using host = createTestHost();
  const look = createOomKills();
  assert.deepEqual(look(host.context.files), []);
  host.write('/dev/kmsg', Array.from({ length: 300 }, (_, i) => kill('/a', i + 1)).join(''));
  const kills = look(host.context.files);
  assert.deepEqual([kills.length, kills.at(-1)?.pid], [256, 300]);
  assert.equal(look(host.context.files), kills);
});

import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { hasH2load } from './h2load.ts';
import { benchMonitor } from './measure-node.ts';
import { formatTable, smallNode } from './monitor.ts';

test('the benchmark of the monitoring agent answers with every instance, calm and while collectors hang', async () => {
  const result = await benchMonitor({ ...smallNode, mond: 'ganeti-mond', directory: tmpdir() });
  assert.equal(result.instances, smallNode.instances);
  assert.match(result.hash, /^[0-9a-f]{16}$/);
  const costs = result.costs.filter(({ who }) => who.startsWith('Gantry'));
  assert.equal(costs.length, 4);
  assert.ok(costs.every(({ resident, peak, cpuPercent }) => resident > 10 && peak >= resident && cpuPercent >= 0));
  const answers = result.answers.filter(({ who }) => who.startsWith('Gantry'));
  assert.equal(answers.length, hasH2load() ? 11 : 7);
  assert.ok(result.answers.every(({ failed, answered, bytes }) => failed === 0 && answered > 0 && bytes > 100));
  assert.ok(answers.some(({ timesFloor }) => timesFloor && timesFloor.median > 0));
  assert.equal(formatTable(result).match(/^\| Gantry/gm)?.length, answers.length + 4);
});

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../command/run-program.ts';

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hsqueeze-load-'));
});
after(() => rm(dir, { recursive: true }));

/** Four nodes of 4 processors with two instances each, of one virtual processor and 1000 MiB; shared disks. */
function cluster(nodeCpu: number, speeds: readonly number[]): string {
  const nodes = speeds.map((speed, n) => `n${n}|64000|1000|61000|0|0|4|${n === 0 ? 'M' : 'N'}|u|1||N|0|${nodeCpu}|${speed}\n`);
  const instances = Array.from({ length: 8 }, (_, i) => `i${i}|1000|0|1|running|Y|n${i % 4}||ext||1|-\n`);
  return `g|u|preferred||\n\n${nodes.join('')}\n${instances.join('')}\n\n\n`;
}

/** What the agents of the nodes say: so many processors are busy on each, and so many MiB taken by each instance. */
function reports(busy: readonly number[], memory = 0): string {
  const nodes = busy.map((total, n) => ({
    node: `n${n}`,
    reports: [
      { name: 'cpu-avg-load', data: { cpu_number: 4, cpus: Array(4).fill(total / 4), cpu_total: total } },
      { name: 'kvm-inst-rss', data: { [`i${n}`]: memory * 2 ** 20, [`i${n + 4}`]: memory * 2 ** 20 } },
    ],
  }));
  return JSON.stringify(nodes);
}

/** @returns nodes that can be switched off */
async function squeeze(text: string, said: string, ...options: string[]): Promise<number> {
  const [file, reported] = [join(dir, 'cluster.data'), join(dir, 'reports.json')];
  await writeFile(file, text);
  await writeFile(reported, said);
  let out = '';
  const io = { out: (printed: string) => void (out += printed), err: () => undefined, watched: false };
  const words = ['-t', file, '--mond', '--mond-data', reported, '--output=json', ...options];
  assert.equal(await runProgram('hsqueeze', words, io), 0);
  const { action, nodes } = JSON.parse(out) as { action: string; nodes: string[] };
  return action === 'none' ? 0 : action === 'off' ? nodes.length : -nodes.length;
}

const even = [1, 1, 1, 1];

test('the bounds are parts of the processors that the agents report as busy', async () => {
  // Each instance keeps three quarters of a processor busy: with three of them a node has 2.25 of 4 busy.
  const busy = [1.5, 1.5, 1.5, 1.5];
  assert.equal(await squeeze(cluster(0, even), reports(busy), '--cpu-limits=0.9,0.57'), 1);
  assert.equal(await squeeze(cluster(0, even), reports(busy), '--cpu-limits=0.9,0.56'), 0);
});

test("the nodes' own systems count", async () => {
  // A third of the load is that of the node itself, which stays: 0.5, and 0.5 for each instance.
  const busy = [1.5, 1.5, 1.5, 1.5];
  assert.equal(await squeeze(cluster(1, even), reports(busy), '--cpu-limits=0.9,0.51'), 1);
  assert.equal(await squeeze(cluster(1, even), reports(busy), '--cpu-limits=0.9,0.49'), 0);
});

test('a processor that is busy on a fast node is more work than on a slow one', async () => {
  // Fast nodes are as busy as they can be, and have no more for others; the slow ones idle.
  const speeds = [2, 2, 1, 1];
  assert.equal(await squeeze(cluster(0, speeds), reports([4, 4, 0, 0]), '--cpu-limits=1,0.9'), 0);
  // Half as busy they can take what is on the slow ones.
  assert.equal(await squeeze(cluster(0, speeds), reports([2, 2, 0, 0]), '--cpu-limits=1,0.9'), 2);
});

test('memory that instances really take, where the agents tell it', async () => {
  // With three instances a node of 64000 MiB uses 1000 and thrice as much.
  const limits = '--memory-limits=0.9,0.5';
  assert.equal(await squeeze(cluster(0, even), reports([0, 0, 0, 0], 10_400), '--mond-kvm-rss', limits), 0);
  assert.equal(await squeeze(cluster(0, even), reports([0, 0, 0, 0], 10_300), '--mond-kvm-rss', limits), 1);
  assert.equal(await squeeze(cluster(0, even), reports([0, 0, 0, 0], 10_400), limits), 3);
});

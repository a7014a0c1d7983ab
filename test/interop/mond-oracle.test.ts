import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

// Ganeti's hbal asks the monitoring agents of its nodes at NAME:1815. Two real agents have that port on loopback addresses
// of their own, and the nodes are named after them.

/** Ganeti's own hbal, from Debian's package ganeti-htools. */
const oracle = '/usr/bin/hbal';
const main = join(import.meta.dirname, '../../src/cli/main.ts');
const skip = !existsSync(oracle) && 'needs the Debian package ganeti-htools';

const place = () => `127.${randomInt(2, 254)}.${randomInt(2, 254)}.${randomInt(2, 254)}`;
const nodes = [place(), place()] as const;

/** More than any host of these tests has, so that no load that is measured is the same. */
const processors = 300;
const cluster = [
  'default|g1|preferred||',
  '',
  ...nodes.map((name) => `${name}|8192|512|6000|102400|90000|${processors}|N|g1|1`),
  '',
  `web|1024|1024|${processors}|running|Y|${nodes[0]}||plain||1`,
  '',
  '',
  '|128,1,1024,1,1,1|128,1,1024,1,1,1;32768,512,1048576,16,8,12|plain|4.0|32.0',
  '',
].join('\n');

let folder = '';
const agents: ChildProcess[] = [];
const ask = async (node: string, path: string): Promise<unknown> => (await fetch(`http://${node}:1815${path}`)).json();

async function waitForLoad(node: string): Promise<void> {
  for (let round = 0; round < 600; round++) {
    const report = (await ask(node, '/2/report/default/cpu-avg-load').catch(() => undefined)) as
      | { data?: { cpu_total?: number } }
      | undefined;
    // The load is 0 until there is something to compare with.
    if ((report?.data?.cpu_total ?? 0) > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the agent at ${node} told no load within 30 s`);
}

describe("Ganeti's hbal with our agents", { skip }, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-mond-'));
    writeFileSync(join(folder, 'cluster.data'), cluster);
    for (const node of nodes) {
      const options = ['--listen', `${node}:1815`, '--plugins', join(folder, 'plugins'), '--plugin-settings', join(folder, 'none')];
      agents.push(spawn(process.execPath, [main, 'monitor', ...options], { stdio: ['ignore', 'ignore', 'inherit'] }));
    }
    await Promise.all(nodes.map(waitForLoad));
  });
  after(async () => {
    for (const agent of agents) if (agent.kill()) await once(agent, 'exit');
    rmSync(folder, { recursive: true });
  });

  test('takes the load that they tell', () => {
    const { stdout, stderr, status } = spawnSync(oracle, ['-t', join(folder, 'cluster.data'), '--mond=yes', '--print-nodes=name,cload'], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /ignored|Failed to contact/);
    const [initial = ''] = stderr.split('Final cluster status');
    for (const node of nodes) {
      const load = Number(new RegExp(`${node.replaceAll('.', '\\.')} +([\\d.]+)`).exec(`${initial}${stdout}`)?.[1]);
      // Without an agent a node with no instance has none, and the other as much as it has processors.
      assert.ok(load > 0 && load !== processors, `${node} ${load}\n${stderr}${stdout}`);
    }
  });

  test('every report of version 1 is one that Ganeti reads: its keys, in its order, in its categories', async () => {
    const reports = (await ask(nodes[0], '/1/report/all')) as Record<string, unknown>[];
    assert.ok(reports.length > 5);
    for (const report of reports) {
      assert.deepEqual(Object.keys(report), ['name', 'version', 'format_version', 'timestamp', 'category', 'kind', 'data']);
      assert.ok([null, 'storage', 'instance', 'daemon', 'hypervisor'].includes(report['category'] as null), String(report['category']));
    }
    const load = reports.find(({ name }) => name === 'cpu-avg-load')?.['data'] as object;
    assert.deepEqual(Object.keys(load), ['cpu_number', 'cpus', 'cpu_total']);
  });

  test('version 2 has the whole', async () => {
    const { data } = (await ask(nodes[0], '/2/report/default/cpu-avg-load')) as { data: object };
    assert.deepEqual(Object.keys(data), ['cpu_number', 'cpus', 'cores', 'cpu_total', 'windows']);
    const reports = (await ask(nodes[0], '/2/report/all')) as { category: string }[];
    assert.ok(reports.some(({ category }) => category === 'node'));
  });
});

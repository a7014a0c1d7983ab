import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { allocation, requestOf, runQuietly, textOf } from '../../src/htools/programs/testing/small-cluster.ts';
import type { Hypervisor } from '../../src/node/hypervisor/hypervisor.ts';
import { handlerContext } from '../../src/node/hypervisor/hypervisor-conformance.ts';
import { bootImage } from '../../src/node/hypervisor/kvm/boot-image.ts';
import { createKvmHarness, type KvmHarness, newRequest } from '../../src/node/hypervisor/kvm/kvm-test-harness.ts';
import { diskPathOf } from '../../src/node/testing/disk-path-of.ts';
import { createAuthority, createCertificate, createRevocationList } from '../../src/rpc/index.ts';
import { until } from '../support/until.ts';

// Two agents as operators start them, each for a node of its own with real guests; placement asks both over TLS.
const [hotNode, coldNode] = ['127.0.0.1', '127.0.0.2'];
/** Machine code: turn round for ever, or sleep for ever. */
const guests = { hot: 'fa ebfe', cold: 'fa f4 ebfd' };
/** What the nodes have in use besides instances, MiB: this process takes it. */
const hog = Buffer.alloc(2048 * 2 ** 20, 1);

let harness: KvmHarness;
let identity: { readonly folder: string; readonly key: string; readonly certificate: string; readonly ca: string };
let port = 0;
const agents: ChildProcess[] = [];

before(async () => {
  harness = await createKvmHarness();
  identity = await makeIdentity(join(harness.directory, 'certificates'));
  port = await startAgent(hotNode, 'a', 0);
  await startAgent(coldNode, 'b', port);
});
after(async () => {
  for (const agent of agents) {
    agent.kill('SIGTERM');
    if (agent.exitCode === null) await once(agent, 'exit');
  }
  await harness.dispose();
});

async function makeIdentity(folder: string): Promise<typeof identity> {
  const authority = await createAuthority('test');
  const { key, certificate } = await createCertificate(authority, { role: 'node', name: 'node1', addresses: [hotNode, coldNode] });
  const files = {
    'node.key': key,
    'node.crt': certificate,
    'ca.crt': authority.certificate,
    'ca.crl': await createRevocationList(authority, []),
  };
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content, { mode: 0o600 });
  return { folder, key, certificate, ca: authority.certificate };
}

async function startAgent(address: string, node: 'a' | 'b', wanted: number): Promise<number> {
  const runDir = join(harness.directory, node, 'run');
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const words = ['--listen', `${address}:${wanted}`, '--run-dir', runDir, '--certificates', identity.folder];
  const agent = spawn(process.execPath, [main, 'monitor', ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  agents.push(agent);
  let said = '';
  for await (const chunk of agent.stderr ?? []) {
    said += chunk;
    const found = /"port":(\d+)/.exec(said)?.[1];
    if (found) return Number(found);
  }
  return assert.fail(said);
}

async function report<Data>(address: string, path: string): Promise<Data> {
  const { key, certificate: cert, ca } = identity;
  const request = httpsRequest({ host: address, port, path: `/1/report/${path}`, key, cert, ca, agent: false }).end();
  const [response] = await once(request, 'response');
  return (JSON.parse(await text(response)) as { data: Data }).data;
}

async function startGuest(hypervisor: Hypervisor, kind: keyof typeof guests): Promise<string> {
  const request = newRequest(join(harness.directory, `${kind}-${agents.length}-${Math.random()}.raw`));
  await writeFile(diskPathOf(request), bootImage(guests[kind]));
  await hypervisor.start(request, handlerContext());
  return request.spec.name;
}

/** Waits until the agent knows averages of all its guests that `fits` accepts. */
async function untilUsed(address: string, names: readonly string[], fits: (cpu: number) => boolean): Promise<void> {
  const allKnown = async () => {
    const usage = await report<{ name: string; cpuAverage: Record<string, number | null> }[]>(address, 'instance/inst-usage');
    const known = Array.isArray(usage) ? usage.filter(({ cpuAverage }) => fits(cpuAverage['300'] ?? Number.NaN)) : [];
    return names.every((name) => known.some((one) => one.name === name));
  };
  await until('the averages of all guests are known', allKnown, { seconds: 60, everyMs: 200 });
}

const options = () => ['--mond=yes', '--mond-certificates', identity.folder, `--mond-port=${port}`, '--exit-on-missing-mond-data'];

test('hbal parts two guests that really are busy, where their sizes look balanced', { timeout: 120_000 }, async () => {
  const hot = [await startGuest(harness.source, 'hot'), await startGuest(harness.source, 'hot')];
  const beside = [await startGuest(harness.source, 'cold')];
  const cold = [await startGuest(harness.target, 'cold'), await startGuest(harness.target, 'cold')];
  await untilUsed(hotNode, hot, (cpu) => cpu > 0.1);
  await untilUsed(hotNode, beside, Number.isFinite);
  await untilUsed(coldNode, cold, Number.isFinite);
  const on = (primary: string, secondary: string) => (name: string) => ({ name, template: 'drbd' as const, primary, secondary });
  const instances = [...[...hot, ...beside].map(on(hotNode, coldNode)), ...cold.map(on(coldNode, hotNode))];
  const file = join(harness.directory, 'cluster.data');
  // Both agents see all that this host does, so nothing of it is of the nodes' own systems: no processors of theirs.
  const data = textOf({ nodes: [{ name: hotNode, master: true }, { name: coldNode }], instances });
  await writeFile(file, data.replaceAll(/\|uuid-1\|1\|$/gm, '$&|N|0|0|1'));
  assert.match((await runQuietly('hbal', '-t', file)).out, /Solution length=0/);
  const { code, out, err } = await runQuietly('hbal', '-t', file, ...options());
  assert.equal(code, 0, err);
  const moved = [...out.matchAll(/^ +\d+\. (\S+) +(\S+ => \S+) /gm)];
  assert.equal(moved.filter(([, name = '']) => hot.includes(name)).length, 1, out);
  assert.ok(hot.includes(moved[0]?.[1] ?? ''), out);
  assert.equal(moved[0]?.[2], `${hotNode}:${coldNode} => ${coldNode}:${hotNode}`);
});

test('hail goes where memory is really free, whatever takes it', { timeout: 120_000 }, async () => {
  const { usedMean } = await report<{ usedMean: Record<string, number> }>(hotNode, 'node/memory');
  const used = Math.ceil((usedMean['300'] ?? 0) / 2 ** 20);
  assert.ok(used > hog.length / 2 ** 20, String(used));
  const others = Array.from({ length: 12 }, (_, i) => ({ name: `other${i}`, template: 'ext' as const, primary: coldNode }));
  const request = requestOf({ nodes: [{ name: hotNode, master: true }, { name: coldNode }], instances: others }, allocation('new', 'ext'));
  const { nodes } = request as { nodes: Record<string, { total_memory: number; reserved_memory: number; free_memory: number }> };
  // What the cluster was told: nothing runs on the first node. In truth it has 512 MiB left.
  Object.assign(nodes[hotNode] ?? {}, { total_memory: used + 512, reserved_memory: 0, free_memory: used + 512 });
  Object.assign(nodes[coldNode] ?? {}, { total_memory: used + 40_960, reserved_memory: 0, free_memory: used + 40_960 - 12 * 2048 });
  const file = join(harness.directory, 'request.json');
  await writeFile(file, JSON.stringify(request));
  const placed = async (...more: string[]) => {
    const { code, out, err } = await runQuietly('hail', file, '--static-kvm-node-memory=0', '--no-capacity-checks', ...more);
    assert.equal(code, 0, err);
    return JSON.parse(out).result;
  };
  assert.deepEqual(await placed(), [hotNode]);
  assert.deepEqual(await placed('--mond=yes', '--mond-certificates', identity.folder, `--mond-port=${port}`), [coldNode]);
});

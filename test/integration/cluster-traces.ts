import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/base/index.ts';
import type { LocalSandbox } from './local-cluster.ts';

type Cluster = LocalSandbox & { readonly summary: { readonly uid_base: number; readonly nodes: readonly NodePlace[] } };

interface NodePlace {
  readonly name: string;
  readonly namespace: string;
  readonly state_dir: string;
  readonly run_dir: string;
}

/** Everything that instances have on the nodes of a local cluster: processes, taps, disks, files of the agents; sorted. */
export async function tracesOf(cluster: Cluster): Promise<string[]> {
  const { nodes } = cluster.summary;
  const places = [join(cluster.home, cluster.name, 'shared-file-storage')];
  for (const node of nodes) {
    places.push(join(node.state_dir, 'file-storage'), join(node.run_dir, 'instances'), join(node.run_dir, 'active'));
  }
  const files = await Promise.all(places.map(filesBelow));
  const taps = await Promise.all(nodes.map(tapsOf));
  const processes = (await guestProcesses(cluster.summary.uid_base)).map(({ pid, name }) => `process ${pid} ${name}`);
  return [...files.flat(), ...taps.flat(), ...processes].sort();
}

/** What the REST API says of the configuration, without anything that changes by itself. */
export async function configurationOf(cluster: LocalSandbox): Promise<unknown> {
  const client = await cluster.client();
  const kinds = ['instances', 'nodes', 'groups', 'networks'] as const;
  const lists = await Promise.all(kinds.map((kind) => client.list(kind)));
  client.close();
  const live = new Set(['dtotal', 'dfree', 'mtotal', 'mfree', 'mnode', 'ctotal', 'oper_state', 'oper_ram', 'oper_vcpus', 'status']);
  return lists.map((rows) => rows.map((row) => Object.fromEntries(Object.entries(row).filter(([field]) => !live.has(field)))));
}

/** Runs `body` and fails when configuration or traces differ afterwards. */
export async function changesNothing<T>(cluster: Cluster, body: () => Promise<T>): Promise<T> {
  const before = [await configurationOf(cluster), await tracesOf(cluster)];
  const result = await body();
  assert.deepEqual([await configurationOf(cluster), await tracesOf(cluster)], before);
  return result;
}

/** Fails unless `gantry cluster verify` finds no error; warnings are allowed. */
export async function assertVerified(cluster: LocalSandbox): Promise<void> {
  const { code, stdout, stderr } = await cluster.gantry(['cluster', 'verify', '--output', 'json']);
  assert.equal(code, 0, stdout + stderr);
  const { problems } = (JSON.parse(stdout) as { result: { problems: { severity: string }[] } }).result;
  assert.deepEqual(
    problems.filter(({ severity }) => severity !== 'warning'),
    [],
  );
}

/** The QEMU processes of a cluster, known by their users. */
export async function guestProcesses(uidBase: number): Promise<{ pid: number; name: string }[]> {
  const found: { pid: number; name: string }[] = [];
  for (const entry of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const read = (file: string) => readFile(join('/proc', entry, file), 'utf8').catch(() => '');
    const [status, command] = await Promise.all([read('status'), read('cmdline')]);
    const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? -1);
    const ended = /^State:\s+Z/m.test(status);
    if (!ended && uid >= uidBase && uid < uidBase + 8192) {
      found.push({ pid: Number(entry), name: /guest=([^,\0]+)/.exec(command)?.[1] ?? command.slice(0, 60) });
    }
  }
  return found;
}

/** What a guest said lately: the agent writes it when a guest speaks, whatever jobs do. Its folder tells when it stays behind. */
const spoken = /^serial\.log~?$/;

async function filesBelow(place: string): Promise<string[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.filter(({ name }) => !spoken.test(name)).map((entry) => `file ${join(entry.parentPath, entry.name)}`);
}

async function tapsOf({ name, namespace }: NodePlace): Promise<string[]> {
  const { stdout } = await run('ip', ['-netns', namespace, '-json', 'tuntap']);
  const taps = JSON.parse(stdout || '[]') as { ifname: string }[];
  return taps.map(({ ifname }) => `tap ${ifname} on ${name}`);
}

import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { silentLog, systemClock } from '../src/base/index.ts';
import { checkConfig, prepareImport } from '../src/cluster/index.ts';
import { sampleImport } from '../src/cluster/testing/sample-import.ts';
import { campaign, createConfig, importObjects, openStore, readContent } from '../src/store/index.ts';
import { startEtcdServer } from '../src/store/testing/etcd-server.ts';
import { sampleCluster, sampleGroup, sampleNode } from '../src/store/testing/sample-objects.ts';

/**
 * An import of a whole configuration: how long it takes to read and check the file and choose what it leaves open, to write it in
 * parts, and to check the result. For both adapters.
 *
 *     node bench/import.ts [--instances 10000] [--nodes 500] [--adapter sqlite|etcd] [--dir DIRECTORY]
 */
export interface ImportBenchmark {
  readonly adapter: Adapter;
  readonly instances: number;
  readonly parts: number;
  readonly fileBytes: number;
  readonly prepareMs: number;
  readonly writeMs: number;
  readonly checkMs: number;
  /** Of everything that was written; the same for both adapters and on every host. */
  readonly hash: string;
}

type Adapter = 'sqlite' | 'etcd';

export interface ImportBenchmarkOptions {
  readonly adapter: Adapter;
  readonly instances: number;
  readonly nodes: number;
  readonly directory: string;
}

const started = 1_800_000_000;

export async function benchImport(options: ImportBenchmarkOptions): Promise<ImportBenchmark> {
  const { adapter, instances, nodes } = options;
  await using open = new AsyncDisposableStack();
  const directory = await mkdtemp(join(options.directory, 'gantry-import-'));
  open.defer(() => rm(directory, { recursive: true, force: true }));
  const server = adapter === 'etcd' ? await startEtcdServer({ parent: directory }) : undefined;
  if (server) open.defer(() => server.remove());
  const store = await openStore(server ? `etcd://localhost:${server.port}/bench` : `sqlite:${join(directory, 'store.db')}`);
  open.defer(() => store.close());
  await createConfig(store, { cluster: sampleCluster, groups: [sampleGroup], nodes: [{ ...sampleNode(0), primary_ip: '10.1.0.1' }] });
  const { signal } = new AbortController();
  const leadership = await campaign(store, { name: 'bench', ttlSeconds: 60, clock: systemClock, log: silentLog, signal });
  open.defer(() => leadership.resign());
  const text = JSON.stringify(sampleImport(nodes, instances));
  const [prepared, prepareMs] = await timed(() => prepareImport(store, { path: '/bench.json', text }, started));
  let parts = 0;
  const { writes, source, after } = prepared;
  const [, writeMs] = await timed(() =>
    importObjects(store, writes, {
      ...source,
      file: source.path,
      fence: leadership.compare,
      saveBackup: async () => '',
      onProgress: (_done, all) => {
        parts = all;
      },
    }),
  );
  const [problems, checkMs] = await timed(async () => [...checkConfig(after)]);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const lines = [...(await readContent(store))].filter(([key]) => key !== '/epoch').map((entry) => JSON.stringify(entry));
  const hash = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
  return { adapter, instances, parts, fileBytes: Buffer.byteLength(text), prepareMs, writeMs, checkMs, hash };
}

async function timed<T>(work: () => Promise<T>): Promise<[result: T, ms: number]> {
  const before = performance.now();
  const result = await work();
  return [result, performance.now() - before];
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      instances: { type: 'string', default: '10000' },
      nodes: { type: 'string', default: '500' },
      adapter: { type: 'string' },
      dir: { type: 'string', default: tmpdir() },
    },
  });
  for (const adapter of ['sqlite', 'etcd'] as const) {
    if (values.adapter !== undefined && values.adapter !== adapter) continue;
    const sizes = { instances: Number(values.instances), nodes: Number(values.nodes) };
    const { parts, fileBytes, prepareMs, writeMs, checkMs, hash } = await benchImport({ ...sizes, adapter, directory: values.dir });
    const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
    process.stdout.write(
      `${adapter}: ${sizes.instances} instances on ${sizes.nodes} nodes, file of ${(fileBytes / 2 ** 20).toFixed(1)} MiB: ` +
        `read and checked in ${seconds(prepareMs)}, ${parts} parts written in ${seconds(writeMs)}, result checked in ${seconds(checkMs)}; ${hash}\n`,
    );
  }
}

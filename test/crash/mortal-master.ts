/**
 * A master for the kill matrix, in a process of its own. Submits the opcodes it is given, unless a job exists already,
 * waits until every job has ended, and prints what came out as one line of JSON.
 *
 * Usage: node mortal-master.ts <file with MortalOrders>
 */
import { readFile } from 'node:fs/promises';
import { createLog, GantryError, systemClock } from '../../src/base/index.ts';
import { type JoinAuthority, jobEnd, lead } from '../../src/cluster/index.ts';
import { type JobStatus, jobStatus, keys } from '../../src/model/index.ts';
import { type Credentials, createNodeClient } from '../../src/rpc/index.ts';
import { openStore } from '../../src/store/index.ts';
import { type Death, killingStore } from '../support/killing-store.ts';
import { tester } from '../support/tester.ts';

export interface MortalOrders {
  readonly store: string;
  readonly credentials: Credentials;
  /** Node name to the port of its agent. */
  readonly ports: Readonly<Record<string, number>>;
  /** Done before, undisturbed, by the same process; not part of the report. */
  readonly first: readonly (Record<string, unknown> & { OP_ID: string })[];
  readonly ops: readonly (Record<string, unknown> & { OP_ID: string })[];
  readonly death?: Death;
}

export interface MortalReport {
  readonly statuses: readonly JobStatus[];
  readonly errors: readonly unknown[];
  readonly writes: number;
  readonly instances: readonly {
    readonly name: string;
    readonly uuid: string;
    readonly node: string;
    readonly disks: readonly string[];
    readonly admin_state: string;
  }[];
  readonly garbage: readonly string[];
}

const noJoining: JoinAuthority = {
  ca: '',
  revocationList: async () => '',
  useRevocationList: async () => undefined,
  encodeToken: () => '',
  signNode: async () => ({ certificate: '', fingerprint: '', serial: 'f', expires: 4e9 }),
};

async function main(): Promise<void> {
  const orders = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as MortalOrders;
  const log = createLog('mortal', { level: 'error' });
  const store = killingStore(await openStore(orders.store), orders.death);
  const leading = await lead({
    store,
    name: 'node1',
    clock: systemClock,
    log,
    signal: new AbortController().signal,
    authority: noJoining,
    connect: (config, term) =>
      createNodeClient({
        credentials: orders.credentials,
        term,
        resolve: (uuid) => {
          const node = config.current.nodes.get(uuid);
          if (!node) return undefined;
          return { name: node.name, address: '127.0.0.1', port: orders.ports[node.name] ?? 0, fingerprint: node.certificate_fingerprint };
        },
      }),
  });
  const { jobs, config } = leading.services;
  const found = (await store.range(keys.jobs)).entries.length;
  if (found > 0) store.arm();
  await leading.start();
  if (found === 0) for (const op of orders.first) await jobEnd(jobs, await jobs.submit([op], tester));
  store.arm();
  // A job that was never acknowledged may be gone; its client would submit it again.
  if (found <= orders.first.length) for (const op of orders.ops) await jobs.submit([op], tester);
  const statuses: JobStatus[] = [];
  const errors: unknown[] = [];
  for (const { id } of jobs.list().slice(orders.first.length)) {
    const ended = await jobEnd(jobs, id).catch((error: unknown) => error);
    if (ended instanceof Error && !(ended instanceof GantryError)) throw ended;
    const job = await jobs.get(id);
    if (!job) throw new Error(`job ${id} is lost`);
    statuses.push(jobStatus(job));
    errors.push(...job.ops.filter((op) => op.status === 'error').map((op) => op.result));
  }
  const garbage = await store.range('/garbage/');
  const report: MortalReport = {
    statuses,
    errors,
    writes: store.writes,
    instances: [...config.current.instances.values()].map(({ name, uuid, primary_node, disks, admin_state }) => ({
      name,
      uuid,
      node: config.current.nodes.get(primary_node)?.name ?? '',
      disks: disks.map((disk) => disk.uuid),
      admin_state,
    })),
    garbage: garbage.entries.map((entry) => entry.key),
  };
  await new Promise<void>((resolve) => process.stdout.write(`${JSON.stringify(report)}\n`, () => resolve()));
  process.exit(0);
}

await main();

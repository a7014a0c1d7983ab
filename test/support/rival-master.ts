/**
 * A master in a process of its own that shares a store with others: stands by until it may lead, submits what it was
 * told unless the store has jobs already, and leads until it is deposed or ended. Says what happens, one line each:
 * `standing by`, `leading <term>`, `<status> <job>`, `deposed`.
 *
 * Usage: node rival-master.ts <file with RivalOrders>
 */
import { readFile } from 'node:fs/promises';
import { createLog, GantryError, systemClock } from '../../src/base/index.ts';
import { jobEnd, lead } from '../../src/cluster/index.ts';
import { jobStatus } from '../../src/model/index.ts';
import { type Credentials, createNodeClient } from '../../src/rpc/index.ts';
import { openStore } from '../../src/store/index.ts';
import { tester } from './tester.ts';

export interface RivalOrders {
  readonly store: string;
  readonly name: string;
  readonly credentials: Credentials;
  readonly leaseSeconds: number;
  readonly ops: readonly (Record<string, unknown> & { OP_ID: string })[];
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const orders = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as RivalOrders;
  const store = await openStore(orders.store);
  say('standing by');
  const { services, leadership, start } = await lead({
    store,
    name: orders.name,
    clock: systemClock,
    log: createLog('rival', { level: 'fatal' }),
    signal: new AbortController().signal,
    leaseSeconds: orders.leaseSeconds,
    authority: {
      ca: '',
      revocationList: async () => '',
      useRevocationList: async () => undefined,
      encodeToken: () => '',
      signNode: async () => ({ certificate: '', fingerprint: '', serial: 'f', expires: 4e9 }),
    },
    connect: (config, term, epoch) =>
      createNodeClient({
        credentials: orders.credentials,
        term,
        epoch,
        resolve: (uuid) => {
          const node = config.current.nodes.get(uuid);
          return node && { name: node.name, address: '127.0.0.1', port: node.agent_port, fingerprint: node.certificate_fingerprint };
        },
      }),
  });
  void leadership.lost.then(() => say('deposed'));
  say(`leading ${leadership.term}`);
  await start();
  const { jobs } = services;
  if (jobs.list().length === 0) for (const op of orders.ops) await jobs.submit([op], tester);
  for (const { id } of jobs.list()) {
    await jobEnd(jobs, id).catch((error: unknown) => {
      if (!(error instanceof GantryError)) throw error;
    });
    const job = await jobs.get(id);
    if (job) say(`${jobStatus(job)} ${id}`);
  }
}

await main();

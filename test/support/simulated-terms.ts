import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock } from '../../src/base/index.ts';
import { type MasterTerms, openMasterTerms } from '../../src/cluster/index.ts';
import { createSimulation } from '../../src/node/index.ts';
import { createConfig, openStore, type Store } from '../../src/store/index.ts';
import { simulatedAuthority, simulatedCluster } from './simulated-master.ts';

/** A master over simulated nodes that goes on with a next term when one ends, for the time of `body`. */
export async function withSimulatedTerms(body: (master: { terms: MasterTerms; store: Store }) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-terms-'));
  const simulation = await createSimulation({ nodes: 1, seed: 1, hypervisor: 'kvm' });
  const store = await openStore(`sqlite:${join(dir, 'store.db')}`);
  await createConfig(store, simulatedCluster(simulation.nodes));
  const stop = new AbortController();
  const terms = await openMasterTerms({
    store,
    name: 'node1',
    clock: systemClock,
    log: silentLog,
    connect: (_config, term) => simulation.withTerm(term),
    authority: simulatedAuthority,
    signal: stop.signal,
    pollIntervalMs: 60_000,
    onTerm: async () => () => undefined,
  });
  const running = terms.run();
  try {
    await body({ terms, store });
  } finally {
    stop.abort();
    await running;
    await store.close();
    await rm(dir, { recursive: true, force: true });
  }
}

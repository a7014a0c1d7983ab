import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/base/index.ts';
import { writeInitialConfig } from '../../src/cluster/index.ts';
import { keys, type Node } from '../../src/model/index.ts';
import { type Credentials, createCertificate, createRevocationList } from '../../src/rpc/index.ts';
import { openStore } from '../../src/store/index.ts';
import type { FakeNodes } from './fake-nodes.ts';

/** Writes the configuration of a cluster of these nodes into the store that a URL names. */
export async function writeCluster(url: string, { nodes }: FakeNodes): Promise<void> {
  const [first, ...others] = nodes;
  if (!first) throw new RangeError('a cluster has a node');
  const store = await openStore(url);
  try {
    await writeInitialConfig(store, systemClock, randomUUID, {
      clusterName: 'crash',
      nodeName: first.name,
      address: '127.0.0.1',
      agentPort: first.port,
      certificateFingerprint: first.fingerprint,
      fileStorageDir: '/nowhere/file',
      sharedFileStorageDir: '/nowhere/shared',
      macPrefix: 'aa:00:00',
      enabledHypervisors: ['fake'],
      osHvp: {},
      portRange: [11000, 11999],
    });
    const { entries } = await store.range(keys.config);
    const model = JSON.parse(entries.find((entry) => entry.key.startsWith('/config/nodes/'))?.value ?? '') as Node;
    for (const node of others) {
      const uuid = randomUUID();
      const value = { ...model, uuid, name: node.name, agent_port: node.port, certificate_fingerprint: node.fingerprint };
      await store.transact({
        compares: [],
        writes: [
          { type: 'put', key: keys.node(uuid), value: JSON.stringify(value) },
          { type: 'put', key: keys.name('node', node.name), value: uuid },
        ],
      });
    }
  } finally {
    await store.close();
  }
}

/** With which a master is known to these nodes. */
export async function masterCredentials({ authority }: FakeNodes): Promise<Credentials> {
  const { key, certificate } = await createCertificate(authority, { role: 'master', name: 'master', addresses: [] });
  return { key, certificate, ca: authority.certificate, crl: await createRevocationList(authority, []) };
}

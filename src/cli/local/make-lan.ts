import { GantryError } from '../../base/index.ts';
import type { ClusterClient } from '../connect/cluster-client.ts';
import { daemonLog, stepFacts } from './daemon-process.ts';
import { jobSucceeds } from './local-client.ts';
import { type LocalCluster, lanCidr, lanName } from './local-cluster.ts';
import type { ProgressSteps } from './progress-steps.ts';

const limitSeconds = 180;

/** The network of the instances, once: with it every new instance gets an address. @throws LOCAL_STEP_FAILED */
export async function makeLan(cluster: LocalCluster, steps: ProgressSteps, client: ClusterClient): Promise<void> {
  if (cluster.phase === 'made' || (await client.names('networks')).includes(lanName)) return;
  await steps.step(`network ${lanName} for instances`, async () => {
    const reserved = cluster.members.map(({ bridgeAddress }) => bridgeAddress);
    const id = await client.submit([
      { OP_ID: 'OP_NETWORK_ADD', network_name: lanName, network: lanCidr(cluster), add_reserved_ips: reserved },
      { OP_ID: 'OP_NETWORK_CONNECT', network_name: lanName, group_name: 'default', network_mode: 'bridged', network_link: 'br0' },
    ]);
    if (await jobSucceeds(client, id, performance.now() + limitSeconds * 1000)) return;
    throw new GantryError(
      'LOCAL_STEP_FAILED',
      await stepFacts('Creating the network', `job ${id} failed`, daemonLog(cluster.paths.logDir, 'master')),
    );
  });
}

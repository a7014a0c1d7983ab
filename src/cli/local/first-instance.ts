import { GantryError } from '../../base/index.ts';
import { daemonLog, stepFacts } from './daemon-process.ts';
import { jobSucceeds, localClient } from './local-client.ts';
import type { LocalCluster } from './local-cluster.ts';
import type { ProgressSteps } from './progress-steps.ts';

const startSeconds = 180;

/** `up --instance NAME`: a small instance to try, unless there is one of that name. @throws LOCAL_STEP_FAILED */
export async function firstInstance(cluster: LocalCluster, name: string, steps: ProgressSteps): Promise<void> {
  const client = await localClient(cluster);
  try {
    if ((await client.names('instances')).includes(name)) return;
    await steps.step(`instance ${name}`, async () => {
      const beparams = { minmem: 128, maxmem: 128 };
      const id = await client.submit([
        { OP_ID: 'OP_INSTANCE_CREATE', instance_name: name, os_type: 'tiny', disks: [{ size: 64 }], beparams },
      ]);
      if (await jobSucceeds(client, id, performance.now() + startSeconds * 1000)) return;
      const problem = `its job did not succeed, see "gantry job info ${id}"`;
      throw new GantryError(
        'LOCAL_STEP_FAILED',
        await stepFacts(`Creating instance ${name}`, problem, daemonLog(cluster.paths.logDir, 'master')),
      );
    });
  } finally {
    client.close();
  }
}

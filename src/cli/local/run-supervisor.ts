import { createLog, systemClock } from '../../base/index.ts';
import { stopSignal } from '../daemon/until-told-to-stop.ts';
import { localCluster, readDescription } from './local-cluster.ts';
import { withLocalLock } from './local-lock.ts';
import { localPaths } from './local-paths.ts';
import { localSupervisorParts, supervise, withdraw } from './supervisor.ts';

/** The supervisor of a local cluster as a process: `run-supervisor.ts NAME HOME`. It ends with `gantry down`. */
const [name = '', home = ''] = process.argv.slice(2);
const paths = localPaths(name, home);
const description = await readDescription(paths, name);
const log = createLog('supervisor');
if (description) {
  const stop = stopSignal();
  const cluster = localCluster(description, paths);
  const parts = localSupervisorParts(cluster, systemClock, log);
  // One at a time; an earlier one ends when it is not on file any more. No name of a cluster has a slash.
  await withLocalLock(`${name}/supervisor`, log.info.bind(log), async () => {
    log.info({ cluster: name }, 'supervisor watches the daemons');
    await supervise(parts, stop);
    await withdraw(cluster);
    log.info('supervisor stops');
  });
} else {
  log.error({ cluster: name }, 'there is no such cluster');
  process.exitCode = 1;
}

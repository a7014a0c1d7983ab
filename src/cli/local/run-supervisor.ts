import { createLog, systemClock } from '../../base/index.ts';
import { stopSignal } from '../daemon/until-told-to-stop.ts';
import { localCluster, readDescription } from './local-cluster.ts';
import { localPaths } from './local-paths.ts';
import { localSupervisorParts, supervise } from './supervisor.ts';

/** The supervisor of a local cluster as a process: `run-supervisor.ts NAME HOME`. It ends with `gantry down`. */
const [name = '', home = ''] = process.argv.slice(2);
const paths = localPaths(name, home);
const description = await readDescription(paths, name);
const log = createLog('supervisor');
if (description) {
  log.info({ cluster: name }, 'supervisor looks after the daemons');
  await supervise(localSupervisorParts(localCluster(description, paths), systemClock, log), stopSignal());
  log.info('supervisor stops');
} else {
  log.error({ cluster: name }, 'there is no such cluster');
  process.exitCode = 1;
}

import { closeInheritedDescriptors, createLog } from '../../base/index.ts';
import { openServiceNotifier } from '../../host/index.ts';
import { startAgent } from '../../node/index.ts';
import { daemonOptions, type HostCommand, optionsFileOption, parseAddress } from './daemon-options.ts';
import { aborted, stopSignal } from './until-told-to-stop.ts';

export const hostCommand = {
  name: 'agent',
  summary: 'Runs the node agent of this host; instances keep running when it ends',
  options: {
    'options-file': optionsFileOption,
    name: { value: 'NAME', help: 'name of this node', required: true },
    listen: { value: 'ADDRESS:PORT', help: 'address:port of the agent', required: true },
    'state-dir': { value: 'FOLDER', help: 'certificates and persistent state', default: '/var/lib/gantry/node' },
    'run-dir': { value: 'FOLDER', help: 'sockets and run-time files', default: '/run/gantry' },
    'log-dir': { value: 'FOLDER', help: 'logs of the instances', default: '/var/log/gantry' },
    'file-storage-dir': { value: 'FOLDER', help: 'folder for disks of template file', default: '/srv/gantry/file-storage' },
    'shared-file-storage-dir': {
      value: 'FOLDER',
      help: 'folder for disks of template sharedfile',
      default: '/srv/gantry/shared-file-storage',
    },
    'os-path': { value: 'FOLDER', help: 'folder with OS definitions; repeat for more', many: true },
    'uid-base': { help: 'first user id for instances', default: '200000' },
  },
} as const satisfies HostCommand;

/** `gantry agent`: the node agent. Instances survive its end. */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions(hostCommand, args);
  if (!options) return 0;
  closeInheritedDescriptors();
  const log = createLog(`agent ${options.name}`);
  const agent = await startAgent(
    {
      name: options.name,
      listen: parseAddress('agent', '--listen', options.listen),
      stateDir: options['state-dir'],
      runDir: options['run-dir'],
      logDir: options['log-dir'],
      fileStorageDir: options['file-storage-dir'],
      sharedFileStorageDir: options['shared-file-storage-dir'],
      osSearchPath: options['os-path'].length > 0 ? options['os-path'] : ['/srv/ganeti/os', '/usr/lib/ganeti/os', '/usr/share/ganeti/os'],
      uidBase: Number(options['uid-base']),
    },
    { log },
  );
  log.info({ listen: options.listen }, 'agent serves');
  const notifier = openServiceNotifier({
    healthy: () => agent.listens(),
    onProblem: (problem) => log.warn({ problem }, 'the service manager was not told that the agent is well'),
  });
  notifier.ready(`serves on ${options.listen}`);
  await Promise.race([aborted(stopSignal()), agent.left]);
  notifier.stopping();
  await agent.close();
  // Steps that run are left as they are, like by an agent that was killed: the next agent finds what they have done, and the
  // master asks it again. Nobody could ask this one any more.
  setImmediate(() => process.exit(0));
  return 0;
}

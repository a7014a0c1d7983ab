/** Names of the files and folders in a node's run-time and state folder through which its processes tell each other something. */
export const nodeFileNames = {
  /** Folder with one of each instance, named after its UUID; in it lies `runtime`. */
  instances: 'instances',
  runtime: 'runtime.json',
  /** Folder of notes about instances that somebody stopped, `UUID.json`. */
  stopped: 'stopped',
  /** In the state folder. */
  monitorSettings: 'monitor.json',
  monitorLog: 'monitor-log.json',
  supervisor: 'supervisor.json',
  restarts: 'restarts.json',
} as const;

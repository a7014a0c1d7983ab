import { join } from 'node:path';

/** Names and places of everything that belongs to the local cluster `name`. */
export interface LocalPaths {
  /** What outlives a stop: configuration, certificates, disks. */
  readonly stateDir: string;
  readonly description: string;
  /** One line: `admin password`. */
  readonly credentials: string;
  /** Copy of the certificate of the cluster's CA that everybody may read. */
  readonly ca: string;
  readonly sharedFileStorage: string;
  /** What does not outlive the host: process files, sockets. */
  readonly runDir: string;
  readonly logDir: string;
  readonly fabric: string;
  /** Every namespace of the cluster begins with this. */
  readonly namespacePrefix: string;
  readonly tinyDir: string;
}

export interface LocalNodePaths {
  readonly namespace: string;
  /** Holds `node/`, and on the first node `master/`. */
  readonly stateDir: string;
  readonly runDir: string;
  readonly logDir: string;
  readonly fileStorage: string;
}

/** Folder under which local clusters keep their state; `GANTRY_HOME` moves it. */
export const localHome = (env: NodeJS.ProcessEnv = process.env): string => env['GANTRY_HOME'] || '/var/lib/gantry';

export const runRoot = '/run/gantry';
const cacheRoot = '/var/cache/gantry';

export function localPaths(name: string, home = localHome()): LocalPaths {
  const stateDir = join(home, name);
  const runDir = join(runRoot, name);
  return {
    stateDir,
    description: join(stateDir, 'cluster.json'),
    credentials: join(stateDir, 'credentials'),
    ca: join(stateDir, 'ca.crt'),
    sharedFileStorage: join(stateDir, 'shared-file-storage'),
    runDir,
    logDir: join(stateDir, 'log'),
    fabric: `gantry-${name}-fabric`,
    namespacePrefix: `gantry-${name}-`,
    tinyDir: join(cacheRoot, 'tiny'),
  };
}

export function localNodePaths(paths: LocalPaths, node: string): LocalNodePaths {
  const stateDir = join(paths.stateDir, node);
  return {
    namespace: `${paths.namespacePrefix}${node}`,
    stateDir,
    runDir: join(paths.runDir, node),
    logDir: join(paths.logDir, node),
    fileStorage: join(stateDir, 'file-storage'),
  };
}

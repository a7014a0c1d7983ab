import { join } from 'node:path';

/** Where things lie in the state directory of a master. */
export const masterPaths = (stateDir: string) => ({
  /** The cluster's CA; the key never leaves the master candidates. */
  caKey: join(stateDir, 'ca.key'),
  ca: join(stateDir, 'ca.crt'),
  crl: join(stateDir, 'ca.crl'),
  /** Encrypt the secret parameters in the store; the same on all master candidates. */
  secretKeys: join(stateDir, 'secrets.key'),
  /** With these the master calls node agents. */
  key: join(stateDir, 'master.key'),
  certificate: join(stateDir, 'master.crt'),
  /** With these the REST API is served. */
  apiKey: join(stateDir, 'api.key'),
  apiCertificate: join(stateDir, 'api.crt'),
  users: join(stateDir, 'users'),
  /** Which authentication schemes are asked, and in which order; without it, the users file alone. */
  authentication: join(stateDir, 'authentication.json'),
  store: join(stateDir, 'store.db'),
  /** The store as it was before its configuration was migrated from a version, or before an import. */
  backupBefore: (what: number | 'import', seconds: number) =>
    join(stateDir, `before-${what === 'import' ? what : `upgrade-from-${what}`}-${seconds}.backup`),
  /** Is read by the monitoring agent, which finds it by the command line of the master. */
  queue: join(stateDir, 'queue.json'),
});

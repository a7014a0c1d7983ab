import { open } from 'node:fs/promises';
import { GantryError, systemClock } from '../../base/index.ts';
import { dropPrivileges } from '../../host/index.ts';
import { formatBackup, openStore, readContent } from '../../store/index.ts';
import { daemonOptions, type HostCommand } from './daemon-options.ts';
import { masterPaths } from './master-files.ts';

export const hostCommand = {
  name: 'store backup',
  summary: 'Writes a backup of the state store into a file, also while the master runs',
  details: 'The backup holds the configuration and the jobs, not the keys and certificates of the master; see docs/backup.md.',
  options: {
    to: { value: 'FILE', help: 'file to write; it must not exist', required: true },
    'state-dir': { value: 'FOLDER', help: "the master's state directory", default: '/var/lib/gantry/master' },
    store: { help: 'state store: sqlite:/path or etcd://host:port/prefix; default: SQLite in the state directory' },
    user: { value: 'NAME', help: 'system user of the master, which owns the store', default: 'gantry' },
  },
  examples: ['gantry store backup --to gantry-$(date +%F).backup'],
} as const satisfies HostCommand;

/** `gantry store backup`: everything at one revision, durable when it says so. */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions(hostCommand, args);
  if (!options) return 0;
  // Opened before root is given up: the user of the master need not be able to write there.
  const file = await open(options.to, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new GantryError('INPUT_INVALID', { subject: 'gantry store backup', field: '--to', problem: error.message }, { cause: error });
  });
  try {
    await dropPrivileges(options.user);
    const store = await openStore(options.store ?? `sqlite:${masterPaths(options['state-dir']).store}`);
    try {
      const content = await readContent(store);
      await file.writeFile(formatBackup({ content, made: Math.floor(systemClock.now() / 1000) }));
      await file.sync();
      process.stdout.write(`Backup of ${content.size} keys is in ${options.to}.\n`);
    } finally {
      await store.close();
    }
  } finally {
    await file.close();
  }
  return 0;
}

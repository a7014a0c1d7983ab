import { hostname } from 'node:os';
import { createLog, systemClock } from '../../base/index.ts';
import { dropPrivileges } from '../../host/index.ts';
import { migrateConfig, openStore, plannedMigration, rehearseMigrations, type Store } from '../../store/index.ts';
import { backupSaver } from './backup-saver.ts';
import { daemonOptions, type HostCommand } from './daemon-options.ts';
import { leadAlone } from './lead-alone.ts';
import { masterPaths } from './master-files.ts';

export const hostCommand = {
  name: 'store migrate',
  summary: 'Brings the stored configuration to the version of this Gantry, while no master runs',
  details:
    'The first master of a newer Gantry that leads does this on its own. With --dry-run, which is possible while a master of\nthe older Gantry runs, it shows what would change, and whether every object can be changed. See docs/state-store.md.',
  options: {
    'dry-run': { flag: true, help: 'change nothing' },
    'state-dir': { value: 'FOLDER', help: "the master's state directory; the backup is written there", default: '/var/lib/gantry/master' },
    store: { help: 'state store: sqlite:/path or etcd://host:port/prefix; default: SQLite in the state directory' },
    user: { value: 'NAME', help: 'system user of the master, which owns the store', default: 'gantry' },
  },
  examples: ['gantry store migrate --dry-run', 'gantry store migrate'],
} as const satisfies HostCommand;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** `gantry store migrate`: what a master does when it begins to lead. */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions(hostCommand, args);
  if (!options) return 0;
  await dropPrivileges(options.user);
  const paths = masterPaths(options['state-dir']);
  const store = await openStore(options.store ?? `sqlite:${paths.store}`);
  try {
    await (options['dry-run'] ? show(store) : migrate(store, backupSaver(paths, systemClock)));
  } finally {
    await store.close();
  }
  return 0;
}

async function show(store: Store): Promise<void> {
  const planned = await plannedMigration(store);
  if (!planned) return say('The configuration has the version of this Gantry; there is nothing to migrate.');
  const { content, steps, from, to } = planned;
  const after = rehearseMigrations(content, steps, to);
  say(`The configuration would be migrated from version ${from} to version ${to}:`);
  for (const { to: version, summary } of steps) say(`  ${version}: ${summary}`);
  const changed = [...content].filter(([key, value]) => after.get(key) !== value).length;
  const added = [...after.keys()].filter((key) => !content.has(key)).length;
  say(`${changed} of ${content.size} keys would change, and ${added} would be new. Nothing was changed.`);
}

/** @throws STORE_IN_USE and what `migrateConfig` throws */
async function migrate(store: Store, saveBackup: ReturnType<typeof backupSaver>): Promise<void> {
  if (!(await plannedMigration(store))) return say('The configuration has the version of this Gantry; there is nothing to migrate.');
  const log = createLog('store', { level: 'warn' });
  const done = await leadAlone(store, ({ compare }) => migrateConfig(store, { fence: compare, master: hostname(), saveBackup, log }));
  if (done)
    say(`The configuration was migrated from version ${done.from} to version ${done.to}. The store before it is in ${done.backup}.`);
}

import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { GantryError, systemClock } from '../../base/index.ts';
import { dropPrivileges } from '../../host/index.ts';
import { endUnfinishedJobs } from '../../jobs/index.ts';
import { configVersion, keys } from '../../model/index.ts';
import {
  drawEpoch,
  openStore,
  parseStoreUrl,
  readBackup,
  readContent,
  replaceContent,
  requireKnownVersion,
  type Store,
  type StoreContent,
  versionOf,
} from '../../store/index.ts';
import { daemonOptions, type HostCommand } from './daemon-options.ts';
import { masterPaths } from './master-files.ts';

export const hostCommand = {
  name: 'store restore',
  summary: 'Restores the state store from a backup, while no master runs',
  details:
    'Begins a new history of the store: node agents accept it and refuse the old one from then on. Unfinished jobs and\njoin tokens of the backup are ended. See docs/backup.md.',
  options: {
    from: { value: 'FILE', help: 'file that "gantry store backup" wrote' },
    'as-is': { flag: true, help: 'keep the content of the store; for a store that was restored by other means, such as an etcd snapshot' },
    'state-dir': { value: 'FOLDER', help: "the master's state directory", default: '/var/lib/gantry/master' },
    store: { help: 'state store: sqlite:/path or etcd://host:port/prefix; default: SQLite in the state directory' },
    user: { value: 'NAME', help: 'system user of the master, which owns the store', default: 'gantry' },
  },
  examples: ['gantry store restore --from gantry-2026-01-31.backup', 'gantry store restore --as-is'],
} as const satisfies HostCommand;

/** `gantry store restore`: the content of a backup under a new epoch. */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions(hostCommand, args);
  if (!options) return 0;
  const { from } = options;
  if ((from === undefined) !== options['as-is']) {
    throw new GantryError('CLI_USAGE', { command: hostCommand.name, problem: 'Exactly one of --from and --as-is is needed.' });
  }
  const backup = from === undefined ? undefined : await readBackup(from);
  if (backup) requireKnownContent(backup.content);
  await dropPrivileges(options.user);
  const url = options.store ?? `sqlite:${masterPaths(options['state-dir']).store}`;
  const store = await openOrReplace(url, backup !== undefined);
  try {
    if (!backup) {
      await requireWhole(store);
      await requireKnownVersion(store);
    }
    const content = endUnfinishedJobs(backup?.content ?? (await readContent(store)), systemClock.now());
    // Whoever has joined with one since could join again.
    for (const key of content.keys()) if (key.startsWith(keys.joinTokens)) content.delete(key);
    content.set(keys.epoch, drawEpoch());
    await replaceContent(store, content, from ?? '(as it is)');
    process.stdout.write(`The store ${url} is restored with ${content.size} keys. Start the master, then run "gantry cluster verify".\n`);
  } finally {
    await store.close();
  }
  return 0;
}

/** @throws STORE_VERSION_NEWER */
function requireKnownContent(content: StoreContent): void {
  const found = versionOf(content.get(keys.cluster) ?? '');
  if (found > configVersion)
    throw new GantryError('STORE_VERSION_NEWER', { store: '(content of the backup)', found, known: configVersion, backup: 'FILE' });
}

const damaged: ReadonlySet<string> = new Set(['STORE_CORRUPT', 'STORE_LOST_CHANGES']);

/** A damaged SQLite file is moved aside when there is a backup to take its place. */
async function openOrReplace(url: string, mayReplace: boolean): Promise<Store> {
  try {
    return await openStore(url, { asIs: !mayReplace });
  } catch (error) {
    const address = parseStoreUrl(url);
    if (!mayReplace || address.type !== 'sqlite' || !(error instanceof GantryError) || !damaged.has(error.code)) throw error;
    const suffix = `.damaged-${Math.floor(systemClock.now() / 1000)}`;
    for (const part of ['', '-wal', '-shm', '-seal']) {
      if (existsSync(address.path + part)) await rename(address.path + part, address.path + suffix + part);
    }
    process.stdout.write(`The damaged store was moved to ${address.path}${suffix}.\n`);
    return openStore(url);
  }
}

/** @throws STORE_RESTORING, CLUSTER_MISSING */
async function requireWhole(store: Store): Promise<void> {
  const unfinished = await store.get(keys.restoring);
  if (unfinished) throw new GantryError('STORE_RESTORING', { backup: unfinished.value });
  if (!(await store.get(keys.cluster))) throw new GantryError('CLUSTER_MISSING', { place: 'the state store' });
}

import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { GantryError, silentLog, systemClock } from '../../base/index.ts';
import { checkConfig, type PreparedImport, prepareImport } from '../../cluster/index.ts';
import { dropPrivileges } from '../../host/index.ts';
import { keys } from '../../model/index.ts';
import {
  type Comparison,
  importObjects,
  loadSnapshot,
  migrateConfig,
  openStore,
  plannedMigration,
  readContent,
  type Store,
} from '../../store/index.ts';
import { backupSaver } from './backup-saver.ts';
import { daemonOptions, type HostCommand } from './daemon-options.ts';
import { leadAlone } from './lead-alone.ts';
import { masterPaths } from './master-files.ts';

export const hostCommand = {
  name: 'store import',
  summary: 'Imports node groups, nodes, networks and instances from a file into the state store, while no master runs',
  details:
    'The nodes have not joined yet: each one takes its entry over when it joins with a token. If the command is interrupted,\nrun it again with the same file; no master works on the store before it is complete. See docs/backup.md for the file.',
  options: {
    from: { value: 'FILE', help: 'file to import, JSON', required: true },
    'dry-run': { flag: true, help: 'check everything and say what would be imported; change nothing' },
    'state-dir': {
      value: 'FOLDER',
      help: "the master's state directory; a backup is written there first",
      default: '/var/lib/gantry/master',
    },
    store: { help: 'state store: sqlite:/path or etcd://host:port/prefix; default: SQLite in the state directory' },
    user: { value: 'NAME', help: 'system user of the master, which owns the store', default: 'gantry' },
  },
  examples: ['gantry store import --from cluster.json --dry-run', 'gantry store import --from cluster.json'],
} as const satisfies HostCommand;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const progressMs = 1000;
const shownProblems = 20;

interface File {
  readonly path: string;
  readonly text: string;
}

/** `gantry store import`: a whole configuration in parts, continued by the next run. */
export async function run(args: string[]): Promise<number> {
  const options = daemonOptions(hostCommand, args);
  if (!options) return 0;
  // Read before root is given up.
  const text = await readFile(options.from, 'utf8').catch((error: Error) => {
    throw new GantryError('IMPORT_FILE_INVALID', { path: options.from, problem: error.message }, { cause: error });
  });
  await dropPrivileges(options.user);
  const paths = masterPaths(options['state-dir']);
  const store = await openStore(options.store ?? `sqlite:${paths.store}`);
  const file = { path: resolve(options.from), text };
  try {
    return options['dry-run']
      ? await rehearse(store, file)
      : await leadAlone(store, ({ compare }) => carryOut(store, file, compare, paths));
  } finally {
    await store.close();
  }
}

const now = () => Math.floor(systemClock.now() / 1000);

async function rehearse(store: Store, file: File): Promise<number> {
  if (await plannedMigration(store))
    throw new GantryError('CLI_USAGE', {
      command: hostCommand.name,
      problem: 'The store has an older version; run "gantry store migrate" first.',
    });
  const prepared = await prepareImport(store, file, now());
  const isGood = tellChecked(prepared);
  if (prepared.done > 0) say(`The import would continue after ${prepared.done} parts.`);
  say(`${countsOf(prepared)} would be imported. Nothing was changed.`);
  return isGood ? 0 : 1;
}

async function carryOut(store: Store, file: File, fence: Comparison, paths: ReturnType<typeof masterPaths>): Promise<number> {
  const save = backupSaver(paths, systemClock);
  await migrateConfig(store, { fence, master: hostname(), saveBackup: save, log: silentLog });
  const prepared = await prepareImport(store, file, now());
  if (!tellChecked(prepared)) {
    say('Nothing was written.');
    return 1;
  }
  let backup = '';
  let told = systemClock.now();
  const { source, writes, done } = prepared;
  if (done > 0) say(`The import continues after ${done} parts.`);
  await importObjects(store, writes, {
    ...source,
    fence,
    file: source.path,
    saveBackup: async () => (backup = await save(await readContent(store), 'import')),
    onProgress: (part, parts) => {
      if (systemClock.now() - told < progressMs && part < parts) return;
      told = systemClock.now();
      say(`${part} of ${parts} parts are written.`);
    },
  });
  if (backup !== '') say(`The store before it is in ${backup}.`);
  const { entries, revision } = await store.range(keys.config);
  const problems = [...checkConfig(loadSnapshot(entries, revision))];
  for (const problem of problems) say(problem);
  say(`${countsOf(prepared)} are imported. Start the master, create a token for each node with "gantry node add", and let the nodes join.`);
  return problems.length === 0 ? 0 : 1;
}

/** @returns whether it may be imported */
function tellChecked({ remarks, after }: PreparedImport): boolean {
  for (const remark of remarks) say(remark);
  const problems = [...checkConfig(after)];
  for (const problem of problems.slice(0, shownProblems)) say(problem);
  if (problems.length > shownProblems) say(`and ${problems.length - shownProblems} more`);
  return problems.length === 0;
}

function countsOf({ counts }: PreparedImport): string {
  const { group, network, node, instance } = counts;
  return `${group} node groups, ${network} networks, ${node} nodes and ${instance} instances`;
}

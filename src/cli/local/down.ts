import { access } from 'node:fs/promises';
import { GantryError } from '../../base/index.ts';
import { confirm } from '../command/confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import { outliveReader } from '../output/outlive-reader.ts';
import { printJson, printLine } from '../output/print.ts';
import { listDaemons } from './daemon-process.ts';
import { countOf, instanceNames } from './local-client.ts';
import { localCluster, readDescription, requireSameHome } from './local-cluster.ts';
import { withLocalLock } from './local-lock.ts';
import { listNamespaces } from './local-network.ts';
import { localOptions, outputMode, requireLocalName, requireRoot } from './local-options.ts';
import { type LocalPaths, localPaths } from './local-paths.ts';
import { type ProgressSteps, progressSteps } from './progress-steps.ts';
import { purge, stopGuests, takeDown } from './take-down.ts';

const options = {
  name: { type: 'string', default: 'local' },
  purge: { type: 'boolean', default: false },
  output: { type: 'string', default: 'table' },
  yes: { type: 'boolean', short: 'y', default: false },
  force: { type: 'boolean', short: 'f', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const help = `Usage: gantry down [options]

Stops the cluster on this host: its instances (by their power buttons, by force after 30 s), its master, its agents and
its network. The data are kept; "gantry up" starts everything again.

  --name <name>   name of the cluster (default local)
  --purge         also remove its data: configuration, certificates, disks; asks first
  -y, --yes       do not ask for confirmation (also -f, --force)
  --output json   the result as data
`;

/** `gantry down`: stops the cluster on this host, whatever is left of it. */
export async function run(args: string[]): Promise<number> {
  const given = localOptions('down', args, options);
  if (given.help) {
    printLine(help.trimEnd());
    return exitCodes.ok;
  }
  const output = outputMode('down', given.output);
  const name = requireLocalName(given.name);
  requireRoot('down');
  if (given.purge && !given.yes && !given.force) await confirmPurge(name, output !== 'json');
  outliveReader();
  // Stopping half-way helps nobody, so a second thought (Ctrl-C) waits until it is done.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => steps.note('the cluster is still being stopped; please wait …'));
  const steps = progressSteps(new AbortController().signal);
  const result = await withLocalLock(name, steps.note, () => bringDown(name, given.purge, steps));
  if (output === 'json') printJson({ name, ...result });
  else printLine(sentence(name, result));
  return exitCodes.ok;
}

/** Says what goes; nothing is asked where there is nothing. @throws CLI_CONFIRMATION_NEEDED */
async function confirmPurge(name: string, mayAsk: boolean): Promise<void> {
  const paths = localPaths(name);
  await requireSameHome(name, paths);
  if (!(await somethingRuns(paths)) && !(await exists(paths.stateDir))) return;
  // A description that cannot be read must not keep anybody from removing the cluster.
  const description = await readDescription(paths, name).catch(() => undefined);
  const instances = description ? await instanceNames(localCluster(description, paths)) : undefined;
  const parts = [
    description ? `${description.nodes} nodes` : 'its nodes',
    instances ? instancesText(instances) : 'its instances with their disks',
    `its configuration and certificates (all of ${paths.stateDir})`,
  ];
  await confirm(`Remove cluster "${name}" for good: ${parts.join(', ')}?`, mayAsk);
}

function instancesText(names: readonly string[]): string {
  if (names.length === 0) return 'no instances';
  const more = names.length > 10 ? `, and ${names.length - 10} more` : '';
  return `${countOf(names)} with all disks (${names.slice(0, 10).join(', ')}${more})`;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

interface Result {
  readonly was_running: boolean;
  readonly had_data: boolean;
  readonly purged: boolean;
}

async function bringDown(name: string, wantsPurge: boolean, steps: ProgressSteps): Promise<Result> {
  const paths = localPaths(name);
  await requireSameHome(name, paths);
  const running = await somethingRuns(paths);
  const hasState = await exists(paths.stateDir);
  if (running) {
    // Guests whose disks are removed in a moment need no graceful end.
    if (!wantsPurge) await askGuests(name, paths, steps);
    await steps.step('stop master, agents, instances and network', () => takeDown(paths));
  }
  if (wantsPurge && (running || hasState)) await steps.step('remove the data', () => purge(name, paths));
  return { was_running: running, had_data: hasState, purged: wantsPurge && hasState };
}

async function somethingRuns(paths: LocalPaths): Promise<boolean> {
  return (await listNamespaces(paths)).length > 0 || (await listDaemons(paths.runDir)).length > 0;
}

async function askGuests(name: string, paths: LocalPaths, steps: ProgressSteps): Promise<void> {
  try {
    const description = await readDescription(paths, name);
    if (description) await stopGuests(localCluster(description, paths), steps);
  } catch (error) {
    steps.note(`    the guests could not be asked to stop: ${GantryError.from(error).message}`);
  }
}

function sentence(name: string, { was_running: wasRunning, had_data: hadData, purged }: Result): string {
  if (!wasRunning && !hadData) return `There is no cluster "${name}" on this host: it was not running, and there is no data to remove.`;
  if (purged) return `Cluster "${name}" is removed with its data.`;
  const up = name === options.name.default ? 'gantry up' : `gantry up --name ${name}`;
  return wasRunning ? `Cluster "${name}" is stopped; its data stays. "${up}" starts it again.` : `Cluster "${name}" was not running.`;
}

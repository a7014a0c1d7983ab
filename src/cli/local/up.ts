import { access, constants, mkdir, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { GantryError, minimalEnvironment } from '../../base/index.ts';
import { writeContext } from '../connect/contexts.ts';
import { exitCodes } from '../exit-codes.ts';
import { outliveReader } from '../output/outlive-reader.ts';
import { printJson, printLine } from '../output/print.ts';
import { findDaemon } from './daemon-process.ts';
import { ensurePackages } from './debian-packages.ts';
import { firstInstance } from './first-instance.ts';
import { instanceNames, restUrl } from './local-client.ts';
import {
  chooseSlot,
  type LocalCluster,
  type LocalDescription,
  localCluster,
  readDescription,
  requireSameHome,
  writeDescription,
} from './local-cluster.ts';
import { withLocalLock } from './local-lock.ts';
import { localOptions, outputMode, requireLocalName, requireRoot, wholeNumber } from './local-options.ts';
import { localPaths } from './local-paths.ts';
import { localSummary, summaryLines } from './local-summary.ts';
import { type ProgressSteps, progressSteps } from './progress-steps.ts';
import { openRestSocket } from './rest-socket.ts';
import { type Start, startCluster } from './start-cluster.ts';
import { ensureMasterAccount } from './system-account.ts';
import { purge, takeDown } from './take-down.ts';

const options = {
  name: { type: 'string', default: 'local' },
  nodes: { type: 'string' },
  port: { type: 'string' },
  instance: { type: 'string' },
  output: { type: 'string', default: 'table' },
  yes: { type: 'boolean', short: 'y', default: false },
  force: { type: 'boolean', short: 'f', default: false },
  'no-packages': { type: 'boolean', default: false },
  'no-supervisor': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const help = `Usage: gantry up [options]

Sets up this host and starts a cluster on it, each node in its own network namespace. When run again, it starts what is
missing and shows the same summary.

  --name <name>      name of the cluster (default local); several can run at the same time
  --nodes <number>   number of nodes, 1 to 32 (default 3)
  --port <port>      TCP port of the REST API on 127.0.0.1 (default 5080)
  --instance <name>  also create a small instance with this name, unless it exists
  --output json      the result as data
  -y, --yes          install Debian packages without asking
  --no-packages      install nothing; everything needed is already installed
  --no-supervisor    do not restart daemons that end unexpectedly
`;

const defaults = { nodes: 3, port: 5080 };

/** `gantry up`: a cluster on this host, ready to use. */
export async function run(args: string[]): Promise<number> {
  const given = localOptions('up', args, options);
  if (given.help) {
    printLine(help.trimEnd());
    return exitCodes.ok;
  }
  const output = outputMode('up', given.output);
  const wanted = {
    name: requireLocalName(given.name),
    ...(given.nodes !== undefined && { nodes: wholeNumber('--nodes', given.nodes, 1, 32) }),
    ...(given.port !== undefined && { port: wholeNumber('--port', given.port, 1, 65535) }),
  };
  const yes = given.yes || given.force;
  requireRoot('up');
  outliveReader();
  const abort = new AbortController();
  const interrupt = () => abort.abort(new GantryError('CANCELLED', { subject: 'gantry up' }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  const steps = progressSteps(abort.signal);
  if (!given['no-packages']) await ensurePackages(['run'], { yes, note: steps.note, signal: abort.signal });
  await requireQemu();
  await ensureMasterAccount(steps.note);
  const cluster = await withLocalLock(wanted.name, steps.note, () =>
    bringUp(wanted, steps, abort.signal, { yes, supervised: !given['no-supervisor'] }),
  );
  if (given.instance !== undefined) await firstInstance(cluster, given.instance, steps);
  const summary = await localSummary(cluster);
  if (output === 'json') printJson(summary);
  else for (const line of summaryLines(summary, await instanceNames(cluster))) printLine(line);
  return exitCodes.ok;
}

/** @throws LOCAL_QEMU_MISSING */
async function requireQemu(): Promise<void> {
  const program = process.arch === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64';
  const path = minimalEnvironment['PATH'] ?? '';
  for (const dir of path.split(delimiter)) {
    const found = await access(join(dir, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return;
  }
  throw new GantryError('LOCAL_QEMU_MISSING', { program });
}

interface Wanted {
  readonly name: string;
  readonly nodes?: number;
  readonly port?: number;
}

async function bringUp(
  wanted: Wanted,
  steps: ProgressSteps,
  signal: AbortSignal,
  how: Pick<Start, 'yes' | 'supervised'>,
): Promise<LocalCluster> {
  const paths = localPaths(wanted.name);
  await requireSameHome(wanted.name, paths);
  const found = await readDescription(paths, wanted.name);
  if (found?.phase === 'making') {
    steps.note(`A start of cluster "${wanted.name}" was interrupted; removing what it left.`);
    await takeDown(paths);
    await rm(paths.stateDir, { recursive: true, force: true });
  }
  const old = found?.phase === 'made' ? found : undefined;
  if (old) requireSame(old, wanted);
  const description = old ?? (await describe(wanted));
  const cluster = localCluster(description, paths);
  const untouched = await isDown(cluster);
  if (untouched) await requireFreePort(cluster.port);
  if (!old) {
    await mkdir(paths.stateDir, { recursive: true, mode: 0o755 });
    await writeDescription(paths, description);
  }
  steps.note(old ? `Cluster "${wanted.name}":` : `Starting cluster "${wanted.name}" with ${cluster.nodes} nodes:`);
  try {
    await startCluster({ cluster, steps, signal, ...how });
  } catch (error) {
    if (untouched) await takeDown(paths);
    if (!old) await purge(wanted.name, paths);
    throw signal.aborted ? signal.reason : error;
  }
  if (!old) await writeDescription(paths, { ...description, phase: 'made' });
  await writeContext(wanted.name, { rapi_url: restUrl(cluster), ca_file: paths.ca, credentials_file: paths.credentials });
  return cluster;
}

async function describe({ name, nodes = defaults.nodes, port = defaults.port }: Wanted): Promise<LocalDescription> {
  return { version: 1, name, nodes, port, slot: await chooseSlot(name), phase: 'making' };
}

/** @throws LOCAL_CLUSTER_DIFFERS */
function requireSame(old: LocalDescription, wanted: Wanted): void {
  for (const field of ['nodes', 'port'] as const) {
    const value = wanted[field];
    if (value === undefined || value === old[field]) continue;
    throw new GantryError('LOCAL_CLUSTER_DIFFERS', { name: old.name, field: `--${field}`, found: old[field], wanted: value });
  }
}

/** Whether nothing of the cluster runs, so that a failed start may take everything down again. */
async function isDown({ paths, members }: LocalCluster): Promise<boolean> {
  const daemons = ['master', ...members.map(({ name }) => `agent-${name}`)];
  return (await Promise.all(daemons.map((name) => findDaemon(paths.runDir, name)))).every((found) => !found);
}

/** Before anything is made. @throws LOCAL_PORT_TAKEN */
async function requireFreePort(port: number): Promise<void> {
  const socket = await openRestSocket(port);
  await socket.close();
}

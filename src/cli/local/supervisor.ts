import { access, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, createLogSampler, GantryError, type Log, writeFileAtomic } from '../../base/index.ts';
import { identifyProcess } from '../../host/index.ts';
import { nodeFileNames, type RestartsFile, type SupervisorFile } from '../../model/index.ts';
import { type Daemon, findDaemon, listDaemons } from './daemon-process.ts';
import { type LocalCluster, monitorName } from './local-cluster.ts';
import { nodeOf, startLocalDaemon } from './local-daemons.ts';
import { withLocalLock } from './local-lock.ts';
import { localHome } from './local-paths.ts';

export const supervisorName = 'supervisor';

/** Is given the name of the cluster, and where local clusters keep their state. */
export const supervisorDaemon = (cluster: string): Daemon => ({
  name: supervisorName,
  args: [join(import.meta.dirname, 'run-supervisor.ts'), cluster, localHome()],
});

export interface SupervisorParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Names of the daemons that were started and not stopped since. */
  readonly list: () => Promise<readonly string[]>;
  readonly isAlive: (daemon: string) => Promise<boolean>;
  readonly start: (daemon: string) => Promise<void>;
  /** No: the cluster is taken down, or another supervisor has taken its place. */
  readonly isWanted: () => Promise<boolean>;
  /** Runs work while neither `up` nor `down` is at work; false when one of them is. */
  readonly alone: (work: () => Promise<void>) => Promise<boolean>;
  /** Tells that a daemon was started again, for `cluster verify`. */
  readonly tell: (daemon: string) => Promise<void>;
}

const lookMs = 500;
/** Before the first new start there is none; from then on pauses double while it goes on dying. */
const pauseMs = { first: 1000, most: 30_000 } as const;
/** So long a daemon has to live until its past is forgotten. */
const provenMs = 60_000;
/** So long `up` may take to write down that a supervisor has begun. */
const beginMs = 30_000;
/** How often it tries again to leave word for `cluster verify`. */
const announceMs = 10_000;

/** Starts daemons again that have died, until the signal aborts or it is not wanted any more. One that goes on dying is started ever more rarely. */
export async function supervise(parts: SupervisorParts, signal: AbortSignal): Promise<void> {
  const past = new Map<string, Past>();
  const complain = complainer(parts);
  while (!signal.aborted) {
    // While that cannot be found out, it goes on: daemons that stay dead are worse.
    const isWanted = await parts.isWanted().catch((error: unknown) => {
      complain({ err: error }, 'whether the supervisor is still needed is unknown; it continues');
      return true;
    });
    if (!isWanted) return;
    await lookAfterAll(parts, past, complain).catch((error: unknown) =>
      complain({ err: error }, 'the daemons could not be checked; this is tried again'),
    );
    await parts.clock.sleep(lookMs, signal).catch(() => undefined);
  }
}

type Complain = (facts: { readonly err: unknown; readonly daemon?: string }, text: string) => void;

/** Logs what fails at every look no more than once a minute. */
function complainer({ clock, log }: Pick<SupervisorParts, 'clock' | 'log'>): Complain {
  const sampler = createLogSampler({ burst: 1, perSecond: 1 / 60, now: () => clock.now() });
  return (facts, text) => {
    const { write, leftOut } = sampler.take(`${text} ${facts.daemon ?? ''}`);
    if (write) log.error({ ...facts, ...(leftOut > 0 && { left_out: leftOut }) }, text);
  };
}

interface Past {
  readonly lastStart: number;
  readonly pause: number;
}

async function lookAfterAll(parts: SupervisorParts, past: Map<string, Past>, complain: Complain): Promise<void> {
  const dead: string[] = [];
  for (const name of await parts.list()) {
    if (name === supervisorName) continue;
    const isAlive = await parts.isAlive(name).catch((error: unknown) => {
      complain({ daemon: name, err: error }, 'a daemon could not be checked; this is tried again');
      return true;
    });
    if (!isAlive) dead.push(name);
  }
  const due = dead.filter((name) => {
    const before = past.get(name);
    return !before || parts.clock.now() >= before.lastStart + before.pause;
  });
  if (due.length === 0) return;
  await parts.alone(async () => {
    for (const name of due) await startAgain(parts, past, name);
  });
}

async function startAgain(
  { clock, log, list, isAlive, start, tell }: SupervisorParts,
  past: Map<string, Past>,
  name: string,
): Promise<void> {
  // Meanwhile `down` may have stopped it, or `up` started it.
  if (!(await list()).includes(name) || (await isAlive(name))) return;
  const now = clock.now();
  const { lastStart, pause } = past.get(name) ?? { lastStart: 0, pause: 0 };
  const isProven = now - lastStart >= provenMs + pause;
  const next = isProven ? pauseMs.first : Math.min(pause * 2, pauseMs.most);
  past.set(name, { lastStart: now, pause: next });
  // If it ends again, so long after this start.
  log.warn({ daemon: name, nextPauseSeconds: next / 1000 }, 'a daemon has ended unexpectedly; it is started again');
  try {
    await start(name);
  } catch (error) {
    log.error({ daemon: name, code: GantryError.from(error).code, err: error }, 'a daemon could not be started again');
    return;
  }
  await tell(name).catch((error: unknown) => log.error({ daemon: name, err: error }, 'the new start could not be told to cluster verify'));
}

/** The real parts: processes of this host, the lock of `up` and `down`, a file in the run-time folder of each node. */
export function localSupervisorParts(cluster: LocalCluster, clock: Clock, log: Log): SupervisorParts {
  const { runDir } = cluster.paths;
  const began = clock.now();
  const announce = announcer(cluster, clock, complainer({ clock, log }));
  let isKnown = false;
  return {
    clock,
    log,
    list: async () => {
      const names = await listDaemons(runDir);
      const isMember = await Promise.all(names.map((name) => isOfMember(cluster, name)));
      return names.filter((_, index) => isMember[index]);
    },
    isAlive: async (name) => (await findDaemon(runDir, name)) !== undefined,
    start: (name) => startLocalDaemon(cluster, name),
    alone: (work) => whileUnlocked(cluster.name, work),
    async isWanted() {
      const isOnFile = (await findDaemon(runDir, supervisorName))?.pid === process.pid;
      if (isOnFile) await announce();
      isKnown ||= isOnFile;
      return isOnFile || (!isKnown && clock.now() - began < beginMs);
    },
    async tell(name) {
      const node = nodeOf(cluster, name);
      if (!node) return;
      const kind = name === 'master' ? 'master' : name === monitorName(node) ? 'monitor' : 'agent';
      const file = join(node.paths.runDir, nodeFileNames.restarts);
      const told = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as RestartsFile;
      const restarts = { count: (told[kind]?.count ?? 0) + 1, last: Math.round(clock.now() / 1000) };
      await writeFileAtomic(file, `${JSON.stringify({ ...told, [kind]: restarts } satisfies RestartsFile)}\n`);
    },
  };
}

/**
 * Leaves word in the run-time folder of each node who looks after its daemons: `cluster verify` tells when that one is gone.
 * Where that fails, it is tried again at a later call.
 */
function announcer({ name, members }: LocalCluster, clock: Clock, complain: Complain): () => Promise<void> {
  const left = new Set(members.map(({ paths }) => join(paths.runDir, nodeFileNames.supervisor)));
  let due = Number.NEGATIVE_INFINITY;
  const write = async (file: string) => {
    const own = await identifyProcess(process.pid);
    if (!own) return;
    const text = JSON.stringify({ ...own, cluster: name } satisfies SupervisorFile);
    await writeFileAtomic(file, `${text}\n`);
  };
  return async () => {
    if (left.size === 0 || clock.now() < due) return;
    due = clock.now() + announceMs;
    for (const file of left) {
      await write(file).then(
        () => left.delete(file),
        (error: unknown) => {
          // A node that has never been started has no such folder.
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') left.delete(file);
          else complain({ err: error }, 'the supervisor could not be announced to cluster verify; this is tried again');
        },
      );
    }
  };
}

/** Takes that word back, where it is of this process. */
export async function withdraw({ members }: LocalCluster): Promise<void> {
  for (const { paths } of members) {
    const file = join(paths.runDir, nodeFileNames.supervisor);
    const text = await readFile(file, 'utf8').catch(() => '{}');
    if ((JSON.parse(text) as { pid?: number }).pid === process.pid) await rm(file, { force: true });
  }
}

/** False for the agent and the monitor of a node that was removed from the cluster: they ended because they were told to. */
async function isOfMember(cluster: LocalCluster, daemon: string): Promise<boolean> {
  const node = nodeOf(cluster, daemon);
  if (!node || daemon === 'master') return true;
  return access(join(node.paths.stateDir, 'node', 'node.crt')).then(
    () => true,
    () => false,
  );
}

async function whileUnlocked(cluster: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await withLocalLock(cluster, () => undefined, work, 0);
    return true;
  } catch (error) {
    if (error instanceof GantryError && error.code === 'LOCAL_UP_RUNNING') return false;
    throw error;
  }
}

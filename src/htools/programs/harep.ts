import { randomUUID } from 'node:crypto';
import type { JobPort, Opcode } from '../../execution/index.ts';
import { submitJobs } from '../../execution/index.ts';
import type { PreparedCluster, PreparedInstance } from '../../placement/index.ts';
import { loadForProgram } from '../command/load-for-program.ts';
import type { ProgramIo } from '../command/program-io.ts';
import type { Settings } from '../command/settings.ts';
import { luxiQueue } from '../jobs/luxi-queue.ts';
import { showString } from '../print/show-value.ts';
import { defaultLuxiSocket } from '../sources/luxi/luxi-client.ts';
import { originOf, repairResult, runJob } from './harep-jobs.ts';
import { delay, detectBroken, type NeededRepair, removeTags, setTags } from './harep-repairs.ts';
import { type RepairKind, type RepairState, repairKinds, repairPolicy, stateFromTags, tagged, withCurrent } from './harep-tags.ts';

interface Session {
  readonly cluster: PreparedCluster;
  readonly settings: Settings;
  readonly io: ProgramIo;
  readonly queue: JobPort;
  /** Seconds. */
  readonly now: number;
}

/** Repairs instances whose nodes are off, as far as tags allow it. Source: Ganeti's harep(1). */
export async function run(settings: Settings, _args: readonly string[], io: ProgramIo): Promise<number> {
  const path = settings.luxiSocket ?? defaultLuxiSocket;
  const { prepared } = await loadForProgram({ ...settings, luxiSocket: path }, io);
  const { instances } = prepared;
  const initial = instances.map(({ name, tags }) => stateFromTags(name, tags));
  const session: Session = { cluster: prepared, settings, io, queue: luxiQueue(path), now: Math.floor(Date.now() / 1000) };
  const checked: RepairState[] = [];
  for (const [i, state] of initial.entries()) checked.push(await checkPending(session, instances[i] as PreparedInstance, state));
  const done: RepairState[] = [];
  for (const [i, state] of checked.entries()) done.push(await repairIfBroken(session, instances[i] as PreparedInstance, state));
  printCounts(done, io);
  return 0;
}

/** Looks whether the jobs of a pending repair are done, and tags the instance with the result. */
async function checkPending(session: Session, instance: PreparedInstance, state: RepairState): Promise<RepairState> {
  const { queue, io, now } = session;
  const { repair } = state;
  if (state.name !== 'Pending repair' || !repair) return state;
  const result = await repairResult(queue, repair.jobs);
  if (result === undefined) return state;
  const next: RepairState = {
    name: result === 'success' ? 'Healthy' : 'Failure',
    repair: tagged({ ...repair, result, time: now }),
    outdated: withCurrent(state),
  };
  io.out(`Moving ${instance.name} from ${showString(state.name)} to ${showString(next.name)}\n`);
  return commit(session, instance, next);
}

async function repairIfBroken(session: Session, instance: PreparedInstance, state: RepairState): Promise<RepairState> {
  const needed = state.name === 'Healthy' ? detectBroken(session.cluster, instance) : undefined;
  if (!needed) return state;
  const { cluster, io, now } = session;
  const group = cluster.groups[cluster.nodes[instance.primary]?.group ?? -1];
  const policy = repairPolicy([instance.tags, group?.tags ?? [], cluster.tags], now);
  if (policy.allowed === undefined) {
    const until = policy.suspended === undefined ? 'ArNotEnabled' : `ArSuspended ${showSuspension(policy.suspended)}`;
    io.out(`Not repairing ${instance.name} because it's in state ${until}\n`);
    return state;
  }
  if (repairKinds.indexOf(needed.kind) > repairKinds.indexOf(policy.allowed)) {
    const allowed = `only repairs up to ${kindName(policy.allowed)} are allowed`;
    io.out(`Not performing a repair of type ${kindName(needed.kind)} on ${instance.name} because ${allowed}\n`);
    const refused = tagged({ kind: needed.kind, uuid: randomUUID(), time: now, jobs: [], result: 'enoperm' });
    return commit(session, instance, { name: 'Needs repair', repair: refused, outdated: withCurrent(state) });
  }
  return repair(session, instance, state, needed);
}

/** Submits the repair, and tags the instance with its jobs. */
async function repair(
  session: Session,
  instance: PreparedInstance,
  state: RepairState,
  { kind, opcodes }: NeededRepair,
): Promise<RepairState> {
  const { queue, io, now } = session;
  const { jobDelay, reason, dryRun } = session.settings;
  io.out(`Executing ${kindName(kind)} repair on ${instance.name}\n`);
  // The repair takes the locks of the instance at once, and the tags could only be set after it: so it waits for them.
  const delayed: readonly Opcode[] = jobDelay > 0 ? [delay(jobDelay), ...opcodes] : opcodes;
  if (dryRun) io.out(`jobs: ${JSON.stringify([delayed])}\n`);
  const jobs = dryRun ? [] : await submitJobs(queue, [delayed], originOf(reason));
  const pending = tagged({ kind, uuid: randomUUID(), time: now, jobs, result: undefined });
  return commit(session, instance, { name: 'Pending repair', repair: pending, outdated: withCurrent(state) });
}

/** Makes the tags of an instance say what its state is. */
async function commit({ queue, io, settings }: Session, { name }: PreparedInstance, state: RepairState): Promise<RepairState> {
  const { repair: current, outdated } = state;
  const execute = async (opcode: Opcode) => {
    if (!settings.dryRun) await runJob(queue, [opcode], originOf(settings.reason));
  };
  if (current) {
    io.out(`>>> Adding the following tag to ${name}:\n${showString(current.tag)}\n`);
    await execute(setTags(name, [current.tag]));
  }
  if (outdated.length > 0) {
    io.out(`>>> Removing the following tags from ${name}:\n${outdated.map((tag) => `${showString(tag)}\n`).join('')}`);
    await execute(removeTags(name, outdated));
  }
  return { ...state, outdated: [] };
}

/** Ganeti's names of the kinds of repair. */
function kindName(kind: RepairKind): string {
  return { 'fix-storage': 'ArFixStorage', migrate: 'ArMigrate', failover: 'ArFailover', reinstall: 'ArReinstall' }[kind];
}

/** A time as Ganeti prints it, of UTC: `Fri Jan  1 00:00:00 UTC 2100`. */
function showSuspension(until: 'Forever' | number): string {
  if (until === 'Forever') return until;
  const [day, date, month, year, time] = new Date(until * 1000).toUTCString().replace(',', '').split(' ');
  return `(Until ${day} ${month} ${String(Number(date)).padStart(2)} ${time} UTC ${year})`;
}

function printCounts(states: readonly RepairState[], io: ProgramIo): void {
  const counts = [...Map.groupBy(states, ({ name }) => name)].sort(([a], [b]) => (a < b ? -1 : 1));
  const line = '---------------------';
  io.out(`${line}\nInstance status count\n${line}\n${counts.map(([name, list]) => `${name}: ${list.length}\n`).join('')}`);
}

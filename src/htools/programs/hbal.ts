import { GantryError } from '../../base/index.ts';
import { moveJobSet } from '../../execution/index.ts';
import {
  type ClusterState,
  createTraffic,
  emptyTopology,
  locationPicture,
  optimalScore,
  type PreparedCluster,
  type Traffic,
} from '../../placement/index.ts';
import { type LoadedCluster, loadForProgram, stateFor } from '../command/load-for-program.ts';
import type { ProgramIo } from '../command/program-io.ts';
import type { Settings } from '../command/settings.ts';
import { queueForProgram } from '../jobs/queue-for-program.ts';
import { runJobSets } from '../jobs/run-job-sets.ts';
import { loadLocation } from '../location/load-location.ts';
import { type DescribedMove, moveDescriber } from '../print/describe-move.ts';
import { moveExplainer } from '../print/explain-move.ts';
import { explainStuck } from '../print/explain-stuck.ts';
import { formatFixed, formatGeneral } from '../print/format-number.ts';
import { type JobSet, splitIntoJobSets } from '../print/job-sets.ts';
import { membersOf, moveMembers, type NodeMembers } from '../print/node-members.ts';
import { printInstances } from '../print/print-instances.ts';
import { printNodes } from '../print/print-nodes.ts';
import { printPlan } from '../print/print-plan.ts';
import { printScore } from '../print/print-score.ts';
import { showHealth, showList, showPolicy, showString } from '../print/show-value.ts';
import { saveCluster } from '../sources/text/save-cluster.ts';
import { scoreWithRules } from './balance-group.ts';
import { balancedData } from './balanced-data.ts';
import { checkSearchOptions } from './check-search-options.ts';
import { badItems, groupsWithNodes, instancesInScope, splitInstances } from './groups.ts';
import { type LocationRules, movesOfGroup } from './moves-of-group.ts';
import { policyHealth } from './policy-health.ts';
import { printCommands } from './print-commands.ts';
import { writeOutput } from './write-output.ts';

/** Plans how to balance one group of a cluster. Source: Ganeti's hbal(1). */
export async function run(settings: Settings, _args: readonly string[], io: ProgramIo): Promise<number> {
  checkSearchOptions(settings);
  const loaded = await loadForProgram(settings, io);
  const { prepared, data } = loaded;
  tellCluster(prepared, settings, io);
  if (prepared.instances.length === 0) {
    io.out('Cluster is empty, exiting.\n');
    return 0;
  }
  tellSize(prepared, settings, io);
  const location = await loadLocation(settings, prepared);
  if (settings.saveFile !== undefined) {
    await saveCluster(`${settings.saveFile}.original`, data);
    io.err(`The cluster state before balancing has been written to file '${settings.saveFile}.original'\n`);
  }
  const group = selectGroup(prepared, settings.group);
  const state = stateFor(prepared, settings, group);
  tellGroup(state, group, settings, io);
  const members = membersOf(state);
  printMaps('Initial', state, members, settings, io);
  const traffic = location && createTraffic(prepared, location.location);
  const work: Work = { loaded, state, group, members, location, traffic, settings, io };
  const sets = await balanceAndTell(work);
  if (settings.pictureFile !== undefined) await drawPicture(work, settings.pictureFile);
  if (settings.execute && sets.length > 0) await execute(sets, work);
  return 0;
}

/** A group that is being balanced, and all that is known of it. */
interface Work {
  readonly loaded: LoadedCluster;
  readonly state: ClusterState;
  readonly group: number;
  readonly members: NodeMembers;
  readonly location: LocationRules | undefined;
  readonly traffic: Traffic | undefined;
  readonly settings: Settings;
  readonly io: ProgramIo;
}

/** @returns what is to be carried out */
async function balanceAndTell(work: Work): Promise<JobSet[]> {
  const { loaded, state, members, location, settings, io } = work;
  const { verbosity, minScore } = settings;
  const before = scoreWithRules(state, location?.rules);
  const best = optimalScore(state);
  const resources = freeResources(state);
  if (verbosity > 2) io.out(`Initial coefficients: overall ${formatFixed(before, 8)}\n${printScore(state)}`);
  else io.out(`Initial score: ${formatFixed(before, 8)}\n`);
  tellRules(work);
  if (before - best < minScore) {
    const [now, least, nearly] = [before, best, minScore].map((value) => formatGeneral(value, 6));
    io.out(`Cluster is already well balanced (initial score ${now},\noptimum score due to N+1 reservations ${least},\n`);
    io.out(`minimum score ${nearly}).\nNothing to do, exiting\n`);
    return [];
  }
  io.out('Trying to minimize the CV...\n');
  const moves = await findMoves(work);
  tellResult(before, work, moves);
  const sets = splitIntoJobSets(moves, work.traffic?.network).slice(0, settings.firstJobGroup ? 1 : undefined);
  await printCommands(sets, settings, io);
  if (settings.saveFile !== undefined) {
    await saveCluster(`${settings.saveFile}.balanced`, balancedData(loaded.data, state));
    io.err(`The cluster state after balancing has been written to file '${settings.saveFile}.balanced'\n`);
  }
  const moved = moveMembers(
    members,
    moves.map(({ move }) => move),
  );
  printMaps('Final', state, moved, settings, io);
  if (verbosity > 3) io.out(`Original: ${resources}\nFinal:    ${freeResources(state)}\n`);
  return sets;
}

async function execute(sets: readonly JobSet[], { loaded: { prepared }, settings, io }: Work): Promise<void> {
  const { reason, priority } = settings;
  const queue = await queueForProgram(settings, 'hbal');
  const jobSets = sets.map((set) => moveJobSet(prepared, set, 'Executing jobset for instances'));
  await runJobSets(jobSets, queue, { program: 'hbal', comment: 'rebalancing via hbal', reason, priority }, io);
}

async function findMoves({ loaded, state, group, location, traffic, settings, io }: Work): Promise<DescribedMove[]> {
  const describe = moveDescriber(state, instancesInScope(state), 'alias', traffic);
  const explain = settings.explain ? moveExplainer(state, location?.rules) : undefined;
  const moves: DescribedMove[] = [];
  for await (const move of movesOfGroup(loaded, state, group, settings, location, (plan) => io.out(printPlan(plan)))) {
    const described = describe(move, moves.length + 1);
    io.out(`${described.line}\n`);
    if (explain) io.out(explain());
    moves.push(described);
  }
  return moves;
}

/** What is broken of the rules of location, if there are any. */
function tellRules({ location, settings, io }: Work): void {
  if (!location || settings.verbosity < 1) return;
  const { hard, soft } = location.rules;
  io.out(
    `Rules of location: ${hard === 0 ? 'all hard ones hold' : `hard ones broken by ${hard}`}, weighted ones cost ${formatGeneral(soft, 6)}\n`,
  );
  if (settings.explain) for (const { rule, detail } of location.rules.breaches()) io.out(`  ${rule}: ${detail}\n`);
}

async function drawPicture({ loaded: { prepared }, state, location, io }: Work, file: string): Promise<void> {
  const { primary, secondary } = state.instances;
  const instances = prepared.instances.map((instance, i) => ({
    ...instance,
    primary: primary[i] as number,
    secondary: secondary[i] as number,
  }));
  const described = location?.location ?? { topology: emptyTopology, services: [] };
  await writeOutput(file, locationPicture(prepared, described, { after: { ...prepared, instances } }));
  io.err(`The picture of the cluster before and after has been written to file '${file}'\n`);
}

function tellResult(before: number, work: Work, moves: readonly DescribedMove[]): void {
  const { state, location, io } = work;
  const { verbosity } = work.settings;
  const after = formatFixed(scoreWithRules(state, location?.rules), 8);
  if (moves.length === 0) io.out('No solution found\n');
  else if (verbosity > 2) io.out(`Final coefficients:   overall ${after}\n${printScore(state)}`);
  else io.out(`Cluster score improved from ${formatFixed(before, 8)} to ${after}\n`);
  if (verbosity >= 1) io.out(`Solution length=${moves.length}\n`);
  if (moves.length > 0) tellRules(work);
  if (work.settings.explain && location) io.out(explainStuck(work.loaded.prepared, location.rules));
}

function tellCluster({ tags, ipolicy }: PreparedCluster, { verbosity }: Settings, io: ProgramIo): void {
  if (verbosity > 1) io.out(`Loaded cluster tags: ${tags.join(',')}\nLoaded cluster ipolicy: ${showPolicy(ipolicy)}\n`);
}

function tellSize(prepared: PreparedCluster, { verbosity }: Settings, io: ProgramIo): void {
  const split = splitInstances(prepared);
  if (split.length > 0 && verbosity > 1) {
    const names = split.map((name) => `  ${name}\n`).join('');
    io.err(`Found instances belonging to multiple node groups:\n${names}These instances will not be moved.\n`);
  }
  io.out(`Loaded ${prepared.nodes.length} nodes, ${prepared.instances.length} instances\n`);
  if (prepared.commonSuffix !== '' && verbosity > 1) {
    io.out(`Note: Stripping common suffix of '${prepared.commonSuffix}' from names\n`);
  }
}

/** The group that is named, or the only one with nodes. @throws HTOOLS_GROUPS_SEVERAL, HTOOLS_GROUP_UNKNOWN */
function selectGroup(prepared: PreparedCluster, wanted: string | undefined): number {
  const { groups } = prepared;
  const list = (positions: readonly number[]) => positions.map((group) => groups[group]?.name ?? '').join('\n  ');
  if (wanted !== undefined) {
    const found = groups.findIndex(({ name, uuid }) => name === wanted || uuid === wanted);
    if (found < 0) throw new GantryError('HTOOLS_GROUP_UNKNOWN', { name: wanted, groups: list([...groups.keys()]) });
    return found;
  }
  const [first = 0, ...others] = groupsWithNodes(prepared);
  if (others.length > 0) throw new GantryError('HTOOLS_GROUPS_SEVERAL', { groups: list([first, ...others]) });
  return first;
}

function tellGroup(state: ClusterState, group: number, { verbosity, ignoreSoftErrors }: Settings, io: ProgramIo): void {
  const { data, scope } = state;
  io.out(`Group size ${scope.length} nodes, ${instancesInScope(state).length} instances\n`);
  io.out(`Selected node group: ${data.groups[group]?.name}\n`);
  const bad = badItems(state);
  if (verbosity >= 1) io.out(`Initial check done: ${bad.nodes.length} bad nodes, ${bad.instances} bad instances.\n`);
  const others = Array.from(scope).filter((n) => !bad.nodes.includes(n));
  const name = (n: number) => showString(data.nodes[n]?.name ?? '');
  if (verbosity > 4) {
    io.out(`Bad nodes: ${showList(bad.nodes.map(name))}\nN+1 happy nodes: ${showList(others.map(name))}\n`);
    io.out(`Node policy status: ${showList(others.map((n) => `(${name(n)},${showHealth(policyHealth(state, n))})`))}\n`);
  }
  if (bad.nodes.length > 0) {
    io.out('Cluster is not N+1 happy, continuing but no guarantee that the cluster will end N+1 happy.\n');
  }
  const violating = others.filter((n) => policyHealth(state, n) !== 0).length;
  if (violating > 0) {
    io.out(`The cluster contains ${violating} policy-violating nodes.\n`);
    io.out(
      ignoreSoftErrors
        ? 'Continuing, ignoring soft errors.\n'
        : 'Continuing, but the set of moves might be too restricted; consider using the --ignore-soft-errors option.\n',
    );
  }
}

function printMaps(when: string, state: ClusterState, members: NodeMembers, settings: Settings, io: ProgramIo): void {
  if (settings.printInstances) io.err(`\n${when} instance map:\n${printInstances(state, instancesInScope(state))}`);
  if (settings.printNodes) io.err(`\n${when} cluster status:\n${printNodes(state, members, settings.printNodes)}\n`);
}

function freeResources({ nodes, scope }: ClusterState): string {
  let memory = 0;
  let disk = 0;
  for (const n of scope) {
    memory += (nodes.room[n] as number) - (nodes.instanceMemory[n] as number);
    disk += nodes.freeDisk[n] as number;
  }
  return `mem=${memory} disk=${disk}`;
}

import { GantryError } from '../../base/index.ts';
import type { JobSet } from '../../execution/index.ts';
import { moveJobSet, powerNodes, tagNode } from '../../execution/index.ts';
import {
  type ClusterData,
  type ClusterState,
  checkWattsTags,
  createState,
  createTraffic,
  defaultLoadLimits,
  isMeasured,
  type Location,
  type PreparedCluster,
  type SqueezePlan,
  type SqueezeProgress,
  squeeze,
} from '../../placement/index.ts';
import { loadForProgram } from '../command/load-for-program.ts';
import type { ProgramIo } from '../command/program-io.ts';
import type { Settings } from '../command/settings.ts';
import { queueForProgram } from '../jobs/queue-for-program.ts';
import { runJobSets } from '../jobs/run-job-sets.ts';
import { loadLocation } from '../location/load-location.ts';
import { commandWords } from '../print/command-words.ts';
import { moveDescriber } from '../print/describe-move.ts';
import { formatJobSets, type JobSet as MoveSet, scriptHead, splitIntoJobSets } from '../print/job-sets.ts';
import { saveCluster } from '../sources/text/save-cluster.ts';
import { squeezePlanJson } from './squeeze-plan-json.ts';
import { squeezedData } from './squeezed-data.ts';
import { writeOutput } from './write-output.ts';

/** Plans which nodes to switch off or on. Source: Ganeti's hsqueeze(1). */
export async function run(settings: Settings, _args: readonly string[], io: ProgramIo): Promise<number> {
  const loaded = await loadForProgram(settings, io);
  const { prepared, data } = loaded;
  checkWattsTags(data.nodes);
  if (Object.keys(settings.loadLimits).length > 0 && !isMeasured(prepared)) throw new GantryError('SQUEEZE_LOAD_UNKNOWN');
  const location = await loadLocation(settings, prepared);
  await save(data, 'original', 'before hsqueeze run', settings, io);
  const plan = squeeze(prepared, {
    minimalResources: settings.minResources,
    targetResources: settings.targetResources,
    mirrored: settings.mirrored,
    rules: location?.rules,
    load: { ...defaultLoadLimits, ...settings.loadLimits },
    staticKvmNodeMemory: settings.staticKvmNodeMemory,
    progress: io.watched ? tellProgress(prepared, io) : undefined,
  });
  const sets = moveSetsOf(prepared, plan, location?.location);
  if (settings.outputFormat === 'json') io.out(`${JSON.stringify(squeezePlanJson(prepared, plan, sets), null, 2)}\n`);
  else await tell(prepared, plan, sets, settings, io);
  if (settings.execute && plan.action !== 'none') await execute(prepared, plan, sets, settings, io);
  await save(squeezedData(data, plan), 'squeezed', endings[plan.action], settings, io);
  return 0;
}

/** Moves that run side by side, set behind set. */
type MoveSets = readonly MoveSet[];

const endings = { off: 'after hsqueeze run', on: 'after hsqueeze expansion', none: 'after hsqueeze doing nothing' } as const;

async function save(data: ClusterData, ending: string, when: string, { saveFile }: Settings, io: ProgramIo): Promise<void> {
  if (saveFile === undefined) return;
  await saveCluster(`${saveFile}.${ending}`, data);
  io.err(`The cluster state ${when} has been written to file '${saveFile}.${ending}'\n`);
}

/** One line on the terminal that is written over, and taken away at the end. */
function tellProgress({ nodes }: PreparedCluster, io: ProgramIo): (progress: SqueezeProgress) => void {
  return ({ done, total, node, accepted }) => {
    const verdict = accepted ? 'can be switched' : 'must stay';
    io.err(done === total ? '\r\x1b[K' : `\r\x1b[K${done}/${total} ${nodes[node]?.name} ${verdict}`);
  };
}

function moveSetsOf(prepared: PreparedCluster, { moves }: SqueezePlan, location: Location | undefined): MoveSets {
  const state: ClusterState = createState(prepared);
  const traffic = location && createTraffic(prepared, location);
  const describe = moveDescriber(state, [...prepared.instances.keys()], 'name', traffic);
  const described = moves.map((move, k) => describe(move, k + 1));
  return splitIntoJobSets(described, traffic?.network);
}

async function tell(prepared: PreparedCluster, plan: SqueezePlan, sets: MoveSets, settings: Settings, io: ProgramIo): Promise<void> {
  const { nodes } = prepared;
  const { verbosity, headers } = settings;
  const names = (list: readonly number[]) => list.map((n) => nodes[n]?.name ?? '');
  if (verbosity > 1) {
    io.out(`Offline candidates: ${names(plan.offCandidates).join(',')}\n`);
    io.out(`Online candidates: ${names(plan.onCandidates).join(',')}\n`);
  }
  const headings = { on: "'Nodes to online'", off: "'Nodes to offline'", none: "'No action'" } as const;
  if (headers) io.out(`${headings[plan.action]}\n`);
  for (const name of names(plan.nodes)) io.out(`${name}\n`);
  if (verbosity > 1 && !plan.sufficient) io.out('Onlining all nodes will not yield enough capacity\n');
  tellWatts(plan, settings, io);
  await tellCommands(prepared, plan, sets, settings, io);
}

/** Nothing where no node tells what it takes: the output is then Ganeti's. */
function tellWatts({ watts: { saved, unknown }, nodes, action }: SqueezePlan, { headers }: Settings, io: ProgramIo): void {
  if (!headers || action === 'none' || unknown === nodes.length) return;
  const silent = unknown > 0 ? `; ${unknown} of the nodes do not tell` : '';
  io.out(`Power: ${Math.abs(Math.round(saved))} W ${saved < 0 ? 'more' : 'saved'}${silent}\n`);
}

async function tellCommands(
  cluster: PreparedCluster,
  plan: SqueezePlan,
  sets: MoveSets,
  { printCommands: target }: Settings,
  io: ProgramIo,
): Promise<void> {
  if (target === undefined) return;
  const commands = commandsOf(cluster, plan, formatJobSets(sets));
  if (target === '-') {
    const lines = commands.split('\n').filter((line) => line !== '  check');
    if (lines.at(-1) === '') lines.pop();
    io.out(`\nCommands to run:\n${lines.map((line) => `  ${line}\n`).join('')}`);
    return;
  }
  await writeOutput(target, scriptHead + commands);
  io.out(`The commands have been written to file '${target}'\n`);
}

function commandsOf(cluster: PreparedCluster, { action, nodes: switched, tag }: SqueezePlan, moves: string): string {
  const words = commandWords(cluster);
  const each = (command: (alias: string) => string) => switched.map((n) => `  ${command(cluster.nodes[n]?.alias ?? '')}\n`).join('');
  if (action === 'none') return 'echo Nothing to do';
  if (action === 'on') return `echo Power Commands\n${each((alias) => words.powerNode(alias, true))}${moves}`;
  const tagging = `\necho Tagging Commands\n${each((alias) => words.tagNode(alias, tag))}`;
  return `${moves}${tagging}\necho Power Commands\n${each((alias) => words.powerNode(alias, false))}`;
}

/**
 * What is submitted, set by set. Nodes that are switched on need a while until instances can move there, so that is left to
 * hbal. Source: Ganeti's hsqueeze(1), option -X.
 */
function jobSetsOf(cluster: PreparedCluster, plan: SqueezePlan, sets: MoveSets): JobSet[] {
  const { action, tag } = plan;
  const nodes = plan.nodes.map((n) => cluster.nodes[n]?.name ?? '');
  if (action === 'on') return [{ title: 'Powering on nodes', jobs: [powerNodes(nodes, true)] }];
  const moves = sets.map((set) => moveJobSet(cluster, set, 'Moving instances'));
  const tagging = nodes.map((node) => ({ title: `Tagging node ${node} with standby`, jobs: [[tagNode(node, tag)]] }));
  return [...moves, ...tagging, { title: 'Powering off nodes', jobs: [powerNodes(nodes, false)] }];
}

/** @throws those of `queueForProgram` and `runJobSets` */
async function execute(cluster: PreparedCluster, plan: SqueezePlan, sets: MoveSets, settings: Settings, io: ProgramIo) {
  const comment = `${plan.action === 'on' ? 'expanding' : 'condensing'} by ${plan.nodes.length} nodes`;
  // What is printed for programs stays whole.
  const told = settings.outputFormat === 'json' ? { ...io, out: io.err } : io;
  const queue = await queueForProgram(settings, 'hsqueeze');
  await runJobSets(jobSetsOf(cluster, plan, sets), queue, { program: 'hsqueeze', comment }, told);
  if (plan.action === 'on' && sets.length > 0) io.err('Once these nodes are up, "hbal -L -X" moves instances there.\n');
}

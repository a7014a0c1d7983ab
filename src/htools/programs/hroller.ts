import { GantryError } from '../../base/index.ts';
import { mirroringOf } from '../../model/disk-templates/catalogue.ts';
import {
  type ClusterState,
  createState,
  type NodeGraph,
  type PreparedCluster,
  type Relocation,
  type Rolling,
  roll,
} from '../../placement/index.ts';
import { loadForProgram } from '../command/load-for-program.ts';
import type { ProgramIo } from '../command/program-io.ts';
import type { Settings } from '../command/settings.ts';
import { loadLocation } from '../location/load-location.ts';
import { showList, showString } from '../print/show-value.ts';
import { saveCluster } from '../sources/text/save-cluster.ts';
import { serviceMinima } from './service-minima.ts';

/** Plans in which groups nodes can reboot. Source: Ganeti's hroller(1). */
export async function run(settings: Settings, _args: readonly string[], io: ProgramIo): Promise<number> {
  const { prepared, data } = await loadForProgram(settings, io);
  checkMaster(prepared, settings, io);
  const location = await loadLocation(settings, prepared);
  if (settings.saveFile !== undefined) {
    await saveCluster(`${settings.saveFile}.original`, data);
    io.err(`The cluster state before hroller run has been written to file '${settings.saveFile}.original'\n`);
  }
  const { offlineMaintenance, ignoreNonRedundant, fullEvacuation, verbosity, staticKvmNodeMemory } = settings;
  const state = createState(prepared, { staticKvmNodeMemory });
  const nodes = selectNodes(state, settings);
  const services = location && serviceMinima(prepared, location.location);
  const rolling = roll(state, {
    nodes,
    offlineMaintenance,
    ignoreNonRedundant,
    fullEvacuation,
    services,
    rules: location?.rules,
    onGraph: verbosity > 2 ? (graph) => io.out(`Node Graph: ${showGraph(graph)}\n`) : undefined,
  });
  if (verbosity > 1) io.out(`${showColourings(rolling)}\n`);
  printGroups(prepared, rolling, settings, io);
  return 0;
}

/** @throws ROLL_MASTER_MISSING, ROLL_MASTERS_SEVERAL */
function checkMaster({ nodes }: PreparedCluster, { force }: Settings, io: ProgramIo): void {
  const masters = nodes.filter(({ master }) => master).map(({ name }) => name);
  if (masters.length > 1) throw new GantryError('ROLL_MASTERS_SEVERAL', { names: showList(masters.map(showString)) });
  if (masters.length === 1) return;
  const missing = new GantryError('ROLL_MASTER_MISSING');
  if (!force) throw missing;
  io.err(`Warning: ${missing.toReport().what}\n`);
}

/** Online nodes of the group, with one of the tags, and if asked for without instances that nothing else has a copy of. */
function selectNodes({ data, nodes, instances }: ClusterState, { group, nodeTags, skipNonRedundant }: Settings): number[] {
  const wanted = group === undefined ? undefined : data.groups.findIndex(({ name }) => name === group);
  if (wanted === -1) throw new GantryError('ROLL_GROUP_UNKNOWN');
  const lone = new Set(
    data.instances.flatMap(({ diskTemplate, forthcoming }, i) =>
      forthcoming || mirroringOf(diskTemplate) === 'internal' ? [] : [instances.primary[i]],
    ),
  );
  return [...data.nodes.keys()].filter((n) => {
    if (nodes.offline[n] === 1 || (wanted !== undefined && nodes.group[n] !== wanted)) return false;
    if (nodeTags && !data.nodes[n]?.tags.some((tag) => nodeTags.includes(tag))) return false;
    return !(skipNonRedundant && lone.has(n));
  });
}

function showGraph({ first, neighbours }: NodeGraph): string {
  const rows = neighbours.map((list, v) => `(${v + first},${showList(list.map(String))})`);
  return `array (${first},${first + neighbours.length - 1}) ${showList(rows)}`;
}

/** The colourings, the best first, with the sizes of their groups. */
function showColourings({ colourings }: Rolling): string {
  const ordered = colourings.toSorted((a, b) => b.groups.length - a.groups.length).reverse();
  let last = ordered[0]?.groups.length;
  return ordered
    .map(({ name, groups }, k) => {
      const verdict = k === 0 ? '' : groups.length === last ? ' TIE ' : ' LOOSE ';
      last = groups.length;
      return `${verdict}${name}: ${groups.length} (${groups.map(({ length }) => length).join(',')})`;
    })
    .join('');
}

function printGroups({ nodes, instances }: PreparedCluster, { groups }: Rolling, settings: Settings, io: ProgramIo): void {
  const name = (n: number) => nodes[n]?.name ?? '';
  const { oneStepOnly, headers, printMoves } = settings;
  if (headers) io.out(oneStepOnly ? "'First Reboot Group'\n" : "'Node Reboot Groups'\n");
  for (const { nodes: members, moves } of oneStepOnly ? groups.slice(0, 1) : groups) {
    const names = members.map(name);
    io.out(oneStepOnly ? names.map((line) => `${line}\n`).join('') : `${names.join(',')}\n`);
    if (printMoves) io.out(moves.map((move) => showMove(move)).join(''));
  }

  function showMove({ instance, primary, secondary }: Relocation): string {
    const { name: own, diskTemplate } = instances[instance] as { name: string; diskTemplate: 'drbd' };
    return `  ${own} ${name(primary)}${mirroringOf(diskTemplate) === 'internal' ? ` ${name(secondary)}` : ''}\n`;
  }
}

import { clusterScore, type PreparedCluster } from '../../placement/index.ts';
import { loadForProgram, stateFor } from '../command/load-for-program.ts';
import type { ProgramIo } from '../command/program-io.ts';
import type { Settings } from '../command/settings.ts';
import { formatFixed } from '../print/format-number.ts';
import { membersOf } from '../print/node-members.ts';
import { printInstances } from '../print/print-instances.ts';
import { printNodes } from '../print/print-nodes.ts';
import { printScore } from '../print/print-score.ts';
import { printTable } from '../print/print-table.ts';
import { showPolicy } from '../print/show-value.ts';
import { badItems, groupsWithNodes, instancesInScope, splitInstances } from './groups.ts';

/** Describes a cluster as it is. Source: Ganeti's hinfo(1). */
export async function run(settings: Settings, _args: readonly string[], io: ProgramIo): Promise<number> {
  const { prepared } = await loadForProgram(settings, io);
  const state = stateFor(prepared, settings);
  io.out(`Loaded cluster tags: ${prepared.tags.join(',')}\n`);
  if (settings.verbosity > 2) io.out(`Loaded cluster ipolicy: ${showPolicy(prepared.ipolicy)}\n`);
  tellSize(prepared, settings, io);
  tellSplitInstances(prepared, settings, io);
  tellGroups(prepared, settings, io);
  if (settings.printInstances) io.err(`\nInstances instance map:\n${printInstances(state, [...prepared.instances.keys()])}`);
  if (settings.printNodes) io.err(`\nCluster status:\n${printNodes(state, membersOf(state), settings.printNodes)}\n`);
  io.out(`Cluster coefficients:\n${printScore(state)}Cluster score: ${formatFixed(clusterScore(state), 8)}\n`);
  return 0;
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

function tellSize({ nodes, instances, groups, commonSuffix }: PreparedCluster, { verbosity }: Settings, io: ProgramIo): void {
  if (instances.length === 0 && verbosity > 1) io.out('Cluster is empty.\n');
  io.out(`Loaded ${counted(nodes.length, 'node')}, ${counted(instances.length, 'instance')}, ${counted(groups.length, 'node group')}\n`);
  if (commonSuffix !== '' && verbosity > 2) io.out(`Note: Stripping common suffix of '${commonSuffix}' from names\n`);
}

function tellSplitInstances(prepared: PreparedCluster, { verbosity }: Settings, io: ProgramIo): void {
  const split = splitInstances(prepared);
  if (split.length > 0) {
    io.out('Found instances belonging to multiple node groups:\n');
    io.err(split.map((name) => `  ${name}\n`).join(''));
  } else if (verbosity > 1) io.out('No split instances found\n');
}

function tellGroups(prepared: PreparedCluster, settings: Settings, io: ProgramIo): void {
  let happy = true;
  const rows = groupsWithNodes(prepared).map((group) => {
    const state = stateFor(prepared, settings, group);
    const bad = badItems(state);
    const good = bad.nodes.length === 0;
    happy &&= good;
    return [
      prepared.groups[group]?.name ?? '',
      String(state.scope.length),
      String(instancesInScope(state).length),
      String(bad.nodes.length),
      String(bad.instances),
      good ? 'True' : 'False',
      formatFixed(clusterScore(state), 8),
    ];
  });
  const titles = ['Group', 'Nodes', 'Instances', 'Bad_Nodes', 'Bad_Instances', 'N+1', 'Score'];
  const table = printTable('  ', [titles, ...rows], [false, true, true, true, true, false, true]);
  if (settings.verbosity > 1) io.out(`Node group information:\n${table}`);
  io.out(`Cluster is N+1 ${happy ? 'happy' : 'unhappy'}\n`);
}

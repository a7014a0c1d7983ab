import { type ClusterState, clusterScore, prepareCluster } from '../../placement/index.ts';
import { stateFor } from '../command/load-for-program.ts';
import type { ProgramIo } from '../command/program-io.ts';
import type { Settings } from '../command/settings.ts';
import { formatFixed } from '../print/format-number.ts';
import { membersOf } from '../print/node-members.ts';
import { printNodes } from '../print/print-nodes.ts';
import { collectClusters } from '../sources/collect-clusters.ts';
import { badItems } from './groups.ts';

const widths = [5, 5, 5, 5, 6, 6, 6, 6, 10];
const titles = ['Nodes', 'Inst', 'BNode', 'BInst', 't_mem', 'f_mem', 't_disk', 'f_disk', 'Score'];

/** Saves the data of clusters, with a line about each. Source: Ganeti's hscan(1). */
export async function run(settings: Settings, hosts: readonly string[], io: ProgramIo): Promise<number> {
  const { outputFolder, headers, printNodes: fields } = settings;
  const width = Math.max(...(hosts.length === 0 ? ['LOCAL'] : hosts).map(({ length }) => length));
  const row = (name: string, cells: readonly string[]) =>
    io.out(`${name.padEnd(width)} ${cells.map((cell, k) => cell.padStart(widths[k] as number)).join(' ')}\n`);
  if (headers) row('Name', titles);
  let complete = true;
  const warn = (message: string) => io.err(`Warning: ${message}\n`);
  for await (const collected of collectClusters({ ...settings, rapi: hosts, folder: outputFolder, warn })) {
    const { name } = collected;
    if ('error' in collected) {
      const { code, what, todo } = collected.error.toReport();
      io.out(`\nError for ${name}: failed to load data. Details:\n${what}\n  code:  ${code}\n  what to do:  ${todo}\n`);
      complete = false;
      continue;
    }
    const state = stateFor(prepareCluster(collected.cluster), settings);
    row(name, summary(state));
    if (fields) io.out(printNodes(state, membersOf(state), fields));
  }
  return complete ? 0 : 2;
}

function summary(state: ClusterState): string[] {
  const { data, nodes } = state;
  const bad = badItems(state);
  const total = (column: Float64Array) => column.reduce((sum, value) => sum + value, 0);
  const reported = data.nodes.reduce((sum, { freeMemory }) => sum + freeMemory, 0);
  return [
    String(data.nodes.length),
    String(data.instances.length),
    String(bad.nodes.length),
    String(bad.instances),
    formatFixed(total(nodes.totalMemory), 0),
    String(reported),
    formatFixed(total(nodes.totalDisk) / 1024, 0),
    String(Math.floor(total(nodes.freeDisk) / 1024)),
    formatFixed(clusterScore(state), 8),
  ];
}

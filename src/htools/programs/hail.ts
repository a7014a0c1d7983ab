import { GantryError } from '../../base/index.ts';
import { type ClusterState, createState, type PreparedCluster, type PreparedInstance, prepareCluster } from '../../placement/index.ts';
import { loadForProgram, monitorUse, warnOfMissing } from '../command/load-for-program.ts';
import type { ProgramIo } from '../command/program-io.ts';
import type { Settings } from '../command/settings.ts';
import { chooseLocation, rulesOf } from '../location/load-location.ts';
import { membersOf } from '../print/node-members.ts';
import { printNodes } from '../print/print-nodes.ts';
import type { AllocationRequest } from '../sources/iallocator/allocation-request.ts';
import { loadAllocation } from '../sources/load-cluster.ts';
import { saveCluster } from '../sources/text/save-cluster.ts';
import { allocatedData } from './hail/allocated-data.ts';
import { answerRequest } from './hail/answer-request.ts';
import { describeInstance, describeRequest } from './hail/describe-request.ts';

/** Answers a request that Ganeti makes to its instance allocator. Source: Ganeti's hail(1). */
export async function run(settings: Settings, args: readonly string[], io: ProgramIo): Promise<number> {
  const [file, ...others] = args;
  if (file === undefined) throw new GantryError('ALLOCATION_INPUT_MISSING');
  if (others.length > 0) throw new GantryError('ALLOCATION_INPUT_SEVERAL', { count: args.length });
  const { cluster, request } = await load(file, settings, io);
  const location = await chooseLocation(settings, 'plan');
  if (settings.verbosity > 1) io.err(`Received request: ${describeRequest(request)}\n`);
  if (settings.verbosity > 2) io.err(`Received cluster data: ${cluster.instances.map(describeInstance).join(',')}\n`);
  const before = createState(cluster);
  const answer = answerRequest(cluster, request, {
    capacityChecks: settings.capacityChecks,
    ignoreSoftErrors: settings.ignoreSoftErrors,
    restrictToNodes: settings.restrictToNodes,
    explain: settings.explain,
    location,
    rules: location && rulesOf(location),
  });
  showNodes('Initial', before, settings, io);
  await save('pre-ialloc', 'before', cluster, before, settings, io);
  const { success, info, result, explanations, after } = answer;
  for (const line of explanations ?? []) io.err(`${line}\n`);
  io.out(`${JSON.stringify({ success, info, result })}\n`);
  const { state, instances } = after ?? { state: before, instances: cluster.instances };
  const final = { ...state, data: { ...state.data, instances } };
  showNodes('Final', final, settings, io);
  await save('post-ialloc', 'after', cluster, final, settings, io);
  return 0;
}

/** The request, and its cluster or the one that options name in its place. */
async function load(file: string, settings: Settings, io: ProgramIo): Promise<{ cluster: PreparedCluster; request: AllocationRequest }> {
  const warn = (message: string) => io.err(`Warning: ${message}\n`);
  const { cluster, request } = await loadAllocation(file, { ...settings, monitor: monitorUse(settings), warn });
  if (settings.textFile !== undefined || settings.simulated.length > 0)
    return { cluster: (await loadForProgram(settings, io)).prepared, request };
  const prepared = prepareCluster(cluster);
  warnOfMissing(prepared, io);
  return { cluster: prepared, request };
}

function showNodes(when: string, state: ClusterState, { printNodes: fields }: Settings, io: ProgramIo): void {
  if (fields) io.err(`\n${when} cluster status:\n${printNodes(state, membersOf(state), fields)}\n`);
}

async function save(
  ending: string,
  when: string,
  cluster: PreparedCluster,
  state: ClusterState & { readonly data: { readonly instances: readonly PreparedInstance[] } },
  { saveFile }: Settings,
  io: ProgramIo,
): Promise<void> {
  if (saveFile === undefined) return;
  await saveCluster(`${saveFile}.${ending}`, allocatedData(cluster, state));
  io.err(`The cluster state ${when} iallocator run has been written to file '${saveFile}.${ending}'\n`);
}

import { GantryError } from '../../base/index.ts';
import { requiredNodes } from '../../model/disk-templates/catalogue.ts';
import {
  type ClusterState,
  clusterTotals,
  type PreparedCluster,
  type PreparedInstance,
  refuseConflict,
  survivingGroups,
} from '../../placement/index.ts';
import { loadForProgram, stateFor } from '../command/load-for-program.ts';
import type { ProgramIo } from '../command/program-io.ts';
import type { Settings } from '../command/settings.ts';
import { chooseLocation, rulesOf } from '../location/load-location.ts';
import { formatFixed } from '../print/format-number.ts';
import { membersOf } from '../print/node-members.ts';
import { printNodes } from '../print/print-nodes.ts';
import { printScore } from '../print/print-score.ts';
import { showList, showString } from '../print/show-value.ts';
import { saveCluster } from '../sources/text/save-cluster.ts';
import { badItems } from './groups.ts';
import { allocatedData } from './hail/allocated-data.ts';
import { createReport } from './hspace/create-report.ts';
import { allocatableNodes, type Filled, type FillOptions, fillCluster } from './hspace/fill-cluster.ts';
import { instanceOf, memberTag, specOf, toSpec } from './hspace/instance-spec.ts';
import { printAllocationMap } from './hspace/print-allocation-map.ts';
import type { Report } from './hspace/report.ts';

/** Counts how many more instances a cluster has room for. Source: Ganeti's hspace(1). */
export async function run(settings: Settings, _args: readonly string[], io: ProgramIo): Promise<number> {
  const { prepared } = await loadForProgram(settings, io);
  const rules = await rulesFor(prepared, settings);
  const state = stateFor(prepared, settings);
  const { ipolicy } = prepared;
  const template = settings.diskTemplate ?? ipolicy.diskTemplates[0] ?? 'plain';
  const report = createReport(
    settings.machineReadable,
    prepared.nodes.some(({ exclusiveStorage }) => exclusiveStorage),
  );
  tellStart(prepared, state, settings, io);
  const before = clusterTotals(state);
  io.out(report.cluster(before, prepared.nodes.length));
  const bad = badItems(state).nodes;
  const badGroups = unsafeGroups(state, settings);
  tellBad(prepared, bad, badGroups, settings, io);
  const excluded = settings.acceptExisting ? [] : bad.map((n) => prepared.nodes[n]?.group ?? 0);
  if (settings.independentGroups) excluded.push(...badGroups);
  const allocatable = (group: number) => prepared.groups[group]?.allocPolicy !== 'unallocable' && !excluded.includes(group);
  const stopped =
    bad.length > 0 && !settings.acceptExisting && !(settings.independentGroups && [...prepared.groups.keys()].some(allocatable));
  const spindleUse = settings.spindleUse ?? ipolicy.std.spindleUse;
  const common = {
    nodes: allocatableNodes(state, allocatable, requiredNodes(template)),
    ignoredGroups: settings.independentGroups ? badGroups : [],
    rules,
    stopped,
  };
  const tags = settings.service === undefined ? [] : [memberTag];
  const sizes = (settings.tieredSpec ? [settings.tieredSpec] : ipolicy.ranges.map(({ max }) => toSpec(max))).map((spec) =>
    instanceOf(spec, template, spindleUse, tags),
  );
  const phase = { settings, io, report, prepared };
  const tiered = await showFilled(phase, 'Tiered', sizes[0], fillCluster(prepared, settings, common, sizes, true));
  io.out(report.tiered(before, clusterTotals(tiered.state), tiered.capacity));
  if (tiered.refusals) io.out(report.refusals(tiered.refusals));
  const standard = instanceOf(settings.standardSpec ?? toSpec(ipolicy.std), template, spindleUse, tags);
  const fixed = await showFilled(phase, 'Standard', standard, fillCluster(prepared, settings, common, [standard], false));
  io.out(report.standard(before, clusterTotals(fixed.state), fixed.capacity, prepared.instances.length));
  if (fixed.refusals) io.out(report.refusals(fixed.refusals));
  io.out(report.end());
  return 0;
}

/**
 * Rules of location for the cluster and what comes to it: members of a service when one is named.
 * @throws all errors LOCATION_…
 */
async function rulesFor(cluster: PreparedCluster, settings: Settings): Promise<FillOptions['rules']> {
  const { service } = settings;
  const locationOf = await chooseLocation(settings, 'plan');
  if (service !== undefined && !locationOf?.(cluster).services.some(({ name }) => name === service))
    throw new GantryError('LOCATION_UNKNOWN', { at: '--service', kind: 'service', name: service, hint: '' });
  if (!locationOf) return undefined;
  refuseConflict(cluster, locationOf(cluster));
  return rulesOf((filled) => {
    const { topology, services } = locationOf(filled);
    const joined = services.map((one) => (one.name === service ? { ...one, members: [...one.members, { tag: memberTag }] } : one));
    return { topology, services: joined };
  });
}

interface Phase {
  readonly settings: Settings;
  readonly io: ProgramIo;
  readonly report: Report;
  readonly prepared: PreparedCluster;
}

/** Prints and saves what one way of filling the cluster gave. */
async function showFilled(
  { settings, io, report, prepared }: Phase,
  name: 'Tiered' | 'Standard',
  size: PreparedInstance | undefined,
  filled: Filled,
): Promise<Filled> {
  const { state, capacity } = filled;
  if (size) io.out(report.spec(name, specOf(size), size.diskTemplate));
  if (settings.verbosity > 1) io.err(`${name} allocation map\n${printAllocationMap(state, capacity)}`);
  if (settings.printNodes) io.err(`\n${name} allocation status:\n${printNodes(state, membersOf(state), settings.printNodes)}\n`);
  if (settings.saveFile !== undefined) {
    const file = `${settings.saveFile}.${name.toLowerCase()}`;
    await saveCluster(file, allocatedData(prepared, state));
    io.err(`The cluster state after ${name.toLowerCase()} allocation has been written to file '${file}'\n`);
  }
  return filled;
}

/** Groups that could not lose any one of their nodes. */
function unsafeGroups(state: ClusterState, { acceptExisting, independentGroups, verbosity }: Settings): number[] {
  if (!independentGroups && verbosity <= 3) return [];
  const safe = new Set(survivingGroups(state, acceptExisting));
  return [...state.data.groups.keys()].filter((group) => !safe.has(group));
}

function tellStart(
  { commonSuffix }: PreparedCluster,
  state: ClusterState,
  { verbosity, printNodes: fields }: Settings,
  io: ProgramIo,
): void {
  if (commonSuffix !== '' && verbosity > 1) io.err(`Note: Stripping common suffix of '${commonSuffix}' from names\n`);
  if (fields) io.err(`\nInitial cluster status:\n${printNodes(state, membersOf(state), fields)}\n`);
  if (verbosity > 2) io.err(`Initial coefficients: overall ${formatFixed(clusterTotals(state).score, 8)}\n${printScore(state)}`);
}

function tellBad(
  { nodes, groups }: PreparedCluster,
  bad: readonly number[],
  badGroups: readonly number[],
  { verbosity }: Settings,
  io: ProgramIo,
): void {
  if (verbosity <= 3) return;
  const names = (list: readonly { readonly name: string }[], at: readonly number[]) =>
    showList(at.map((k) => showString(list[k]?.name ?? '')));
  if (bad.length > 0) io.err(`Bad nodes: ${names(nodes, bad)}\n`);
  if (badGroups.length > 0) io.err(`Bad groups: ${names(groups, badGroups)}\n`);
}

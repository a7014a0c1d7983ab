import {
  type ClusterState,
  clusterScore,
  createRedundancy,
  type PreparedCluster,
  type RuleBook,
  strandingNodes,
} from '../../placement/index.ts';
import { loadForProgram, stateFor } from '../command/load-for-program.ts';
import type { ProgramIo } from '../command/program-io.ts';
import type { Settings } from '../command/settings.ts';
import { loadLocation } from '../location/load-location.ts';
import { formatFixed } from '../print/format-number.ts';
import { printKeys } from '../print/print-keys.ts';
import { balanceGroup, enough, scoreWithRules } from './balance-group.ts';
import { badItems, groupsWithNodes } from './groups.ts';
import { judgeLocation, locationKeys, printLocation } from './hcheck-location.ts';

const prefix = 'HCHECK';

/** What is counted for each group, and in all. */
const counts = [
  { key: 'N1_FAIL', text: 'Nodes not N+1 happy' },
  { key: 'CONFLICT_TAGS', text: 'Nodes with conflicting instances' },
  { key: 'OFFLINE_PRI', text: 'Instances having the primary node offline' },
  { key: 'OFFLINE_SEC', text: 'Instances having a secondary node offline' },
  { key: 'GN1_FAIL', text: 'Nodes not directly evacuateable' },
] as const;

interface GroupHealth {
  readonly group: number;
  readonly score: number;
  /** In the order of `counts`. */
  readonly numbers: readonly number[];
}

interface Phase {
  readonly key: 'INIT' | 'FINAL';
  readonly text: string;
}

const initially: Phase = { key: 'INIT', text: 'initially' };
const rebalanced: Phase = { key: 'FINAL', text: 'after rebalancing' };

/**
 * Judges a cluster, and whether balancing would make it better. Source: Ganeti's hcheck(1).
 * @returns 1 if it needs balancing and that was not only looked at, or is against rules of location
 */
export async function run(settings: Settings, _args: readonly string[], io: ProgramIo): Promise<number> {
  const { machineReadable, simulateRebalance, verbosity } = settings;
  const { prepared } = await loadForProgram(settings, io);
  const states = groupsWithNodes(prepared).map((group) => ({ group, state: stateFor(prepared, settings, group) }));
  const before = states.map(({ group, state }) => healthOf(state, group, settings));
  const unhealthy = totals(before).some((count) => count > 0);
  const judged = await judgeLocation(prepared, settings);
  if (machineReadable)
    io.out(
      printKeys(
        prefix,
        prepared.groups.map(({ uuid }, group) => [`GROUP_UUID_${group}`, uuid]),
      ),
    );
  else if (verbosity >= 1) io.out(`${verdict(simulateRebalance, unhealthy, judged?.misplaced ?? false)}\n`);
  const tell = (phase: Phase, health: readonly GroupHealth[]) => tellHealth(prepared, phase, health, unhealthy, settings, io);
  tell(initially, before);
  const simulate = simulateRebalance && unhealthy;
  if (simulate || machineReadable) {
    const rules = simulate ? (await loadLocation(settings, prepared))?.rules : undefined;
    if (simulate) for (const { state } of states) rebalance(state, settings, rules);
    tell(
      rebalanced,
      states.map(({ group, state }) => healthOf(state, group, settings)),
    );
  }
  if (judged) io.out(machineReadable ? locationKeys(judged) : printLocation(judged));
  if (machineReadable) io.out(printKeys(prefix, [['OK', '1']]));
  return simulate || judged?.misplaced ? 1 : 0;
}

function verdict(simulateRebalance: boolean, unhealthy: boolean, misplaced: boolean): string {
  if (!simulateRebalance) return 'Running in no-simulation mode.';
  if (misplaced) return `Cluster ${unhealthy ? 'needs rebalancing, and ' : ''}is against its rules of location.`;
  return unhealthy ? 'Cluster needs rebalancing.' : 'No need to rebalance cluster, no problems found.';
}

function rebalance(state: ClusterState, settings: Settings, rules: RuleBook | undefined): void {
  if (scoreWithRules(state, rules) < enough(state, settings)) return;
  for (const _ of balanceGroup(state, settings, rules)) {
    // The moves are in the state.
  }
}

function healthOf(state: ClusterState, group: number, { capacityChecks }: Settings): GroupHealth {
  const { nodes } = state;
  const scope = Array.from(state.scope);
  const offline = scope.filter((n) => nodes.offline[n] === 1);
  const numbers = [
    badItems(state).nodes.length,
    scope.filter((n) => (nodes.tagConflicts[n] as number) > 0).length,
    offline.reduce((sum, n) => sum + (nodes.primaries[n] as number), 0),
    // Ganeti counts the nodes here, not the instances; whoever compares with it must find the same.
    offline.length,
    ...(capacityChecks ? [strandingNodes(createRedundancy(state, { groups: [group], onlineOnly: false })).length] : []),
  ];
  return { group, score: clusterScore(state), numbers };
}

const totals = (groups: readonly GroupHealth[]): number[] =>
  (groups[0]?.numbers ?? []).map((_, k) => groups.reduce((sum, { numbers }) => sum + (numbers[k] as number), 0));

function tellHealth(
  { groups }: PreparedCluster,
  phase: Phase,
  health: readonly GroupHealth[],
  unhealthy: boolean,
  { machineReadable, verbosity }: Settings,
  io: ProgramIo,
): void {
  for (const { group, score, numbers } of health) {
    const values = [...rows(numbers), { key: 'SCORE', text: 'Group score', value: formatFixed(score, 8) }];
    if (machineReadable)
      io.out(
        printKeys(
          prefix,
          values.map(({ key, value }) => [`${phase.key}_GROUP_${group}_${key}`, value]),
        ),
      );
    else if (verbosity >= 1) io.out(`\nStatistics for group ${groups[group]?.name} ${phase.text}\n${described(values)}`);
  }
  const flag = machineReadable ? String(Number(unhealthy)) : unhealthy ? 'True' : 'False';
  const values = [...rows(totals(health)), { key: 'NEED_REBALANCE', text: 'Cluster is not healthy', value: flag }];
  if (machineReadable)
    io.out(
      printKeys(
        prefix,
        values.map(({ key, value }) => [`${phase.key}_CLUSTER_${key}`, value]),
      ),
    );
  else if (verbosity >= 1) io.out(`\nCluster statistics ${phase.text}\n${described(values)}`);
}

interface Row {
  readonly key: string;
  readonly text: string;
  readonly value: string;
}

const rows = (numbers: readonly number[]): Row[] =>
  numbers.map((number, k) => ({ ...(counts[k] as (typeof counts)[number]), value: String(number) }));

const described = (values: readonly Row[]): string => values.map(({ text, value }) => `    ${text}: ${value}\n`).join('');

import { breaksHardRule, createRuleChange, type RuleBook } from '../location/rule-book.ts';
import { admitMigration, admitPrimary, admitSecondary } from '../state/admit.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { failMode } from '../state/fail-mode.ts';
import { mirror } from '../state/instance-columns.ts';
import { backupOf, restore } from '../state/node-backup.ts';

/** Where an instance goes. */
export interface Relocation {
  readonly instance: number;
  readonly primary: number;
  readonly secondary: number;
}

type Lists = (readonly number[])[];

/**
 * A state with the order of the instances on each node, which decides who is moved first, and with all changes so far,
 * which can be taken back. Moves are held to memory, disk and spindles only, not to policies: they are for a short time.
 * Rules of location and restrictions of migration hold even so.
 */
export interface Configuration {
  readonly state: ClusterState;
  readonly rules: RuleBook | undefined;
  /** Instances by node, those that came last first. */
  readonly primaries: Lists;
  readonly secondaries: Lists;
  readonly steps: (Relocation & { readonly undo: () => void })[];
}

export function createConfiguration(state: ClusterState, rules: RuleBook | undefined): Configuration {
  const { instances, instanceCount, nodeCount } = state;
  const lists = (column: Int32Array): Lists => {
    const members: number[][] = Array.from({ length: nodeCount }, () => []);
    for (let i = instanceCount - 1; i >= 0; i--) if (instances.forthcoming[i] === 0) members[column[i] as number]?.push(i);
    return members;
  };
  return { state, rules, primaries: lists(instances.primary), secondaries: lists(instances.secondary), steps: [] };
}

export const isRedundant = ({ state }: Configuration, i: number): boolean => state.instances.mirroring[i] === mirror.internal;

/** Whether an instance that runs may come to a node, and what rules say to its nodes then. */
function isAllowed({ state, rules }: Configuration, i: number, primary: number, secondary: number): boolean {
  const { instances } = state;
  const from = instances.primary[i] as number;
  // Without a copy elsewhere an instance is not migrated, but stopped and copied.
  const migrates = primary !== from && instances.running[i] === 1 && instances.mirroring[i] !== mirror.none;
  if (migrates && !(admitMigration(state, from, primary) && (rules?.mayMigrate(i, from, primary) ?? true))) return false;
  if (!rules) return true;
  const change = createRuleChange();
  rules.weigh(i, primary, secondary, change);
  return !breaksHardRule(change);
}

/** Moves an instance without a second copy. @returns whether the node takes it */
export function movePrimary(config: Configuration, i: number, to: number): boolean {
  const secondary = config.state.instances.secondary[i] as number;
  if (admitPrimary(config.state, to, i, true) !== failMode.none || !isAllowed(config, i, to, secondary)) return false;
  relocate(config, { instance: i, primary: to, secondary });
  return true;
}

export function moveSecondary(config: Configuration, i: number, to: number): boolean {
  const primary = config.state.instances.primary[i] as number;
  if (primary === to || admitSecondary(config.state, to, i, primary, true, false) !== failMode.none) return false;
  if (!isAllowed(config, i, primary, to)) return false;
  relocate(config, { instance: i, primary, secondary: to });
  return true;
}

/** Primary and secondary change places. @returns whether both nodes take it so */
export function migrate(config: Configuration, i: number): boolean {
  const { state } = config;
  const primary = state.instances.primary[i] as number;
  const secondary = state.instances.secondary[i] as number;
  if (!isAllowed(config, i, secondary, primary)) return false;
  const backup = backupOf(state, [primary, secondary]);
  detach(state, i);
  const admitted =
    admitPrimary(state, secondary, i, true) === failMode.none &&
    admitSecondary(state, primary, i, secondary, true, false) === failMode.none;
  attach(state, i, primary, secondary);
  restore(state, backup);
  if (admitted) relocate(config, { instance: i, primary: secondary, secondary: primary });
  return admitted;
}

/** Makes a change that was judged before. */
export function relocate(
  { state, rules, primaries, secondaries, steps }: Configuration,
  { instance, primary, secondary }: Relocation,
): void {
  const { instances } = state;
  const before = [instances.primary[instance] as number, instances.secondary[instance] as number] as const;
  const backup = backupOf(state, [...before, primary, secondary]);
  const undoPrimary = change(primaries, instance, before[0], primary);
  const undoSecondary = change(secondaries, instance, before[1], secondary);
  detach(state, instance);
  attach(state, instance, primary, secondary);
  rules?.place(instance, primary, secondary);
  const undo = () => {
    detach(state, instance);
    attach(state, instance, before[0], before[1]);
    restore(state, backup);
    rules?.place(instance, before[0], before[1]);
    undoPrimary();
    undoSecondary();
  };
  steps.push({ instance, primary, secondary, undo });
}

function change(lists: Lists, instance: number, from: number, to: number): () => void {
  const before = [lists[from], lists[to]] as const;
  if (from === to) return () => {};
  if (before[0]) lists[from] = before[0].filter((other) => other !== instance);
  if (before[1]) lists[to] = [instance, ...before[1]];
  return () => {
    if (before[0]) lists[from] = before[0];
    if (before[1]) lists[to] = before[1];
  };
}

/** Takes back all but the first `length` changes. */
export function rollBack({ steps }: Configuration, length: number): void {
  while (steps.length > length) steps.pop()?.undo();
}

import { requiredNodes } from '../../model/disk-templates/catalogue.ts';
import type { PreparedInstance } from '../cluster/prepare-cluster.ts';
import { unallocated } from '../state/add-primary.ts';
import { failMode, failNames } from '../state/fail-mode.ts';
import { needsProof } from './allocate.ts';
import { type Allocator, settle, stage, withdraw } from './allocator.ts';
import { findPair } from './find-pair.ts';
import { type Finding, findPlace } from './find-place.ts';
import { isRedundant } from './redundancy.ts';
import { shrinkInstance } from './shrink-instance.ts';
import { weighNodes } from './weigh-nodes.ts';

/** How many instances found a place, and why the next one did not. */
export interface Capacity {
  /** In the order in which they came; they are in the allocator. */
  readonly rows: number[];
  readonly instances: PreparedInstance[];
  /** Refused candidates of the last attempt by fail mode. */
  failures: Int32Array;
  /** Candidates that only hard rules of location refused. */
  refusedByRules: number;
  /** False: nothing was tried, since the cluster is not N+1 as it is. */
  attempted: boolean;
}

export interface CapacityOptions {
  /** Nodes that instances may come to. */
  readonly nodes: Int32Array;
  /** Global N+1 is asked for. */
  readonly capacityChecks: boolean;
}

export const noCapacity = (): Capacity => ({
  rows: [],
  instances: [],
  failures: new Int32Array(failNames.length),
  refusedByRules: 0,
  attempted: false,
});

/**
 * Places instances of one size until none fits any more, or `limit` are placed. For speed, many are placed before global N+1 is
 * checked. If the check fails, they are removed again and fewer are tried.
 */
export function fillWith(
  allocator: Allocator,
  capacity: Capacity,
  instance: PreparedInstance,
  limit: number | undefined,
  options: CapacityOptions,
): void {
  if (!options.capacityChecks) {
    fill(allocator, capacity, instance, limit, options, false);
    return;
  }
  let step = largeStep(allocator, instance);
  for (let left = limit; ; ) {
    const before = capacity.rows.length;
    const columns = allocator.state.nodes.changing.map((column) => column.slice());
    fill(allocator, capacity, instance, Math.min(step, left ?? step), options, false);
    if (!allocator.redundancy || isRedundant(allocator.redundancy)) {
      if (left !== undefined) left = Math.max(0, left - step);
      if (left === 0 || capacity.rows.length === before) return;
      continue;
    }
    takeBack(allocator, capacity, before);
    // Without exclusive storage, free spindles are not restored by a removal.
    allocator.state.nodes.changing.forEach((column, c) => column.set(columns[c] as Float64Array));
    if (step === smallStep) {
      fill(allocator, capacity, instance, left, options, requiredNodes(instance.diskTemplate) === 1);
      return;
    }
    step = smallStep;
  }
}

const smallStep = 10;

/** About as many as will fit. */
function largeStep({ state }: Allocator, { memory }: PreparedInstance): number {
  let available = 0;
  for (const n of state.scope) available += Math.max(0, unallocated(state, n) - (state.nodes.reserved[n] as number));
  return Math.max(20, Math.floor(available / memory) - state.scope.length);
}

/** One after the other. The failures are those of the last attempt, even if it could succeed. */
function fill(
  allocator: Allocator,
  capacity: Capacity,
  instance: PreparedInstance,
  limit: number | undefined,
  options: CapacityOptions,
  proof: boolean,
): void {
  for (let placed = 0; ; placed++) {
    const wanted = stage(allocator, {
      ...instance,
      name: `new-${capacity.rows.length}`,
      alias: `new-${capacity.rows.length}`,
    } as PreparedInstance);
    const finding = attempt(allocator, wanted, options.nodes, proof);
    capacity.failures = finding.failures;
    capacity.refusedByRules = finding.refusedByRules;
    capacity.attempted = true;
    if (!finding.place || placed === limit) return;
    settle(allocator, wanted, finding.place);
    capacity.rows.push(wanted.row);
    capacity.instances.push(wanted.instance);
  }
}

function attempt(allocator: Allocator, wanted: ReturnType<typeof stage>, nodes: Int32Array, proof: boolean): Finding {
  const { search, state } = allocator;
  const pairs = requiredNodes(wanted.instance.diskTemplate) === 2;
  weighNodes(search, wanted, nodes, pairs ? nodes : new Int32Array());
  const redundancy = proof && needsProof(allocator, wanted) ? allocator.redundancy : undefined;
  if (!pairs) return findPlace(search, wanted, { primaries: nodes }, { redundancy });
  const groups = [...Map.groupBy(nodes, (n) => state.nodes.group[n] as number)].sort(([a], [b]) => a - b);
  const findings = groups.map(([, members]) => {
    const others = () => nodes.filter((n) => !members.includes(n));
    return findPair(allocator, wanted, Int32Array.from(members), others, { redundancy });
  });
  return findings.reduce(merge);
}

/** Of equals the later one. */
function merge(a: Finding, b: Finding): Finding {
  const first = a.place && (!b.place || a.place.score < b.place.score);
  return {
    place: first ? a.place : b.place,
    successes: a.successes + b.successes,
    failures: a.failures.map((count, mode) => count + (b.failures[mode] as number)),
    refusedByRules: a.refusedByRules + b.refusedByRules,
  };
}

function takeBack(allocator: Allocator, capacity: Capacity, until: number): void {
  while (capacity.rows.length > until) {
    withdraw(allocator, capacity.rows.pop() as number);
    capacity.instances.pop();
    allocator.added.pop();
    allocator.used--;
  }
}

/** A size that no longer fitted, for which a smaller one is being tried. */
interface Level {
  readonly instance: PreparedInstance;
  readonly failures: Int32Array;
  /** Instances placed until then. */
  readonly count: number;
}

/**
 * Places instances, each as large as still possible. When none fits, the resource that was missing most often is reduced by one
 * step, repeatedly. If that does not help, each single resource is reduced until an instance fits. The limit applies to all sizes
 * together, so exactly as many are placed as requested, or as many as fit.
 */
export function fillTiered(
  allocator: Allocator,
  capacity: Capacity,
  instance: PreparedInstance,
  limit: number | undefined,
  options: CapacityOptions,
): void {
  // An explicit stack: from the largest to the smallest size there may be thousands of steps.
  const levels: Level[] = [];
  let size = instance;
  const start = capacity.rows.length;
  for (;;) {
    const left = limit === undefined ? undefined : limit - (capacity.rows.length - start);
    fillWith(allocator, capacity, size, left, options);
    const count = capacity.rows.length;
    if (limit !== undefined && limit <= count - start) return;
    let level: Level = { instance: size, failures: capacity.failures, count };
    const smaller = shrinkInstance(size, rarestFirst(level.failures).at(-1) as number);
    if (smaller) {
      levels.push(level);
      size = smaller;
      continue;
    }
    const vain = new Set<string>();
    let next = shrinkAny(allocator, capacity, level, options, vain);
    while (!next) {
      const above = levels.pop();
      if (!above || capacity.rows.length > above.count) return;
      level = above;
      capacity.failures = level.failures;
      next = shrinkAny(allocator, capacity, level, options, vain);
    }
    size = next;
  }
}

const rarestFirst = (failures: Int32Array): number[] =>
  [...failures.keys()].slice(1).sort((a, b) => (failures[a] as number) - (failures[b] as number));

/** The first instance that fits when one quantity is made less, the one that was short most often first. */
function shrinkAny(
  allocator: Allocator,
  capacity: Capacity,
  { instance, failures }: Level,
  options: CapacityOptions,
  vain: Set<string>,
): PreparedInstance | undefined {
  for (const mode of rarestFirst(failures).reverse()) {
    const fitting = shrinkUntilItFits(allocator, capacity, instance, mode, options, vain);
    if (fitting) return fitting;
  }
  return undefined;
}

/**
 * The largest instance that fits when only the one quantity is made less.
 * @param vain sizes from which that was tried in vain, while nothing else has come: levels often lead to the same sizes
 */
function shrinkUntilItFits(
  allocator: Allocator,
  capacity: Capacity,
  instance: PreparedInstance,
  mode: number,
  options: CapacityOptions,
  vain: Set<string>,
): PreparedInstance | undefined {
  for (let smaller: PreparedInstance | undefined = instance; smaller; smaller = shrinkInstance(smaller, mode)) {
    const { memory, vcpus, disks } = smaller;
    const key = `${mode} ${memory} ${vcpus} ${disks.map(({ size, spindles }) => `${size}/${spindles}`).join()}`;
    if (vain.has(key)) return undefined;
    const wanted = stage(allocator, { ...smaller, name: `new-${capacity.rows.length}` });
    const { place, failures } = attempt(allocator, wanted, options.nodes, options.capacityChecks);
    if (place) return smaller;
    vain.add(key);
    if (failures[mode] === 0) return undefined;
  }
  return undefined;
}

/** What refused most candidates first: fail modes, and rules of location where they refused any. */
export function sortedFailures({ failures, refusedByRules, attempted }: Capacity): { readonly name: string; readonly count: number }[] {
  if (!attempted) return [{ name: failNames[failMode.n1], count: 1 }];
  const modes = Object.values(failMode).filter((mode) => mode !== failMode.none);
  const counts: { name: string; count: number }[] = modes.map((mode) => ({ name: failNames[mode], count: failures[mode] as number }));
  if (refusedByRules > 0) counts.push({ name: 'FailLocation', count: refusedByRules });
  return counts.sort((a, b) => b.count - a.count);
}

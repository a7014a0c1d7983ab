import type { ClusterState } from '../state/cluster-state.ts';
import { scoreComponents } from '../state/score.ts';

/**
 * The standard deviations in the score, in a form in which one placement is a few additions. For metric k and node n with
 * centred value y(n, k), S(k) = sum of y, Q(k) = sum of y², and the deviation is sqrt(Q / nodes - (S / nodes)²). An
 * instance i that comes as primary changes y by primaryAmount(i, k) × factor(n, k), as secondary by secondaryAmount(i, k) ×
 * factor(n, k). Metrics that always move together are one, with their weights together; those that cannot change are
 * left out. Reserved memory, which is a maximum and not a sum, is held apart.
 */
export interface ScoreTable {
  readonly metrics: number;
  /** Nodes that count. */
  readonly online: Int32Array;
  readonly isOnline: Uint8Array;
  readonly weights: Float64Array;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  /** By node, then metric. */
  readonly values: Float64Array;
  readonly factors: Float64Array;
  /** By instance, then metric; on nodes with exclusive storage the second ones. */
  readonly primaryAmounts: readonly [Float64Array, Float64Array];
  readonly secondaryAmounts: readonly [Float64Array, Float64Array];
  /** Part of the score that no move changes. */
  readonly constant: number;
  /** The value of each metric on a node, as the state has it. */
  readonly measures: readonly ((state: ClusterState, n: number) => number)[];
  /** Mean of each metric when it was last centred. */
  readonly centres: Float64Array;
  /** Centred reserved memory by node, and its sums. */
  readonly reserved: Float64Array;
  readonly reservedSums: { centre: number; sum: number; squares: number };
}

interface MetricSource {
  readonly name: string;
  readonly factor: (state: ClusterState, n: number) => number;
  readonly primary: (state: ClusterState, i: number, exclusive: boolean) => number;
  readonly secondary: (state: ClusterState, i: number, exclusive: boolean) => number;
}

const none = () => 0;
const inverse = (value: number) => (value === 0 ? 0 : 1 / value);
const real = ({ instances }: ClusterState, i: number, amount: number) => (instances.forthcoming[i] === 1 ? 0 : amount);

const storage = ({ instances }: ClusterState, i: number, exclusive: boolean) => {
  if (exclusive) return -Math.max(0, instances.spindles[i] as number);
  return instances.local[i] === 1 ? -(instances.disk[i] as number) : 0;
};
const storageFactor = ({ nodes }: ClusterState, n: number) =>
  inverse((nodes.exclusive[n] === 1 ? nodes.totalSpindles[n] : nodes.totalDisk[n]) as number);
const spindles = ({ instances }: ClusterState, i: number, exclusive: boolean) =>
  exclusive || instances.local[i] === 0 ? 0 : (instances.spindleUse[i] as number);
const spindleFactor = ({ nodes }: ClusterState, n: number) => inverse(nodes.highSpindles[n] as number);
const cpus = ({ instances }: ClusterState, i: number) => (instances.online[i] === 1 ? (instances.vcpus[i] as number) : 0);
const cpuFactor = ({ nodes }: ClusterState, n: number) => 1 / ((nodes.totalCpu[n] as number) * (nodes.cpuSpeed[n] as number));
const memoryFactor = ({ nodes }: ClusterState, n: number) => 1 / (nodes.totalMemory[n] as number);

/** How each standard deviation of the score changes; the names are those of `scoreComponents`. */
const metricSources: readonly MetricSource[] = [
  {
    name: 'free_mem_cv',
    factor: memoryFactor,
    primary: ({ instances }, i) => (instances.usesMemory[i] === 1 ? -(instances.memory[i] as number) : 0),
    secondary: none,
  },
  {
    name: 'free_disk_cv',
    factor: storageFactor,
    primary: (state, i, exclusive) => real(state, i, storage(state, i, exclusive)),
    secondary: (state, i, exclusive) => real(state, i, storage(state, i, exclusive)),
  },
  { name: 'vcpu_ratio_cv', factor: cpuFactor, primary: (state, i) => real(state, i, cpus(state, i)), secondary: none },
  { name: 'cpu_load_cv', factor: () => 1, primary: (state, i) => real(state, i, state.instances.loadCpu[i] as number), secondary: none },
  { name: 'mem_load_cv', factor: () => 1, primary: (state, i) => real(state, i, state.instances.loadMemory[i] as number), secondary: none },
  {
    name: 'disk_load_cv',
    factor: () => 1,
    primary: (state, i) => real(state, i, state.instances.loadDisk[i] as number),
    secondary: (state, i) => real(state, i, state.instances.loadDisk[i] as number),
  },
  {
    name: 'net_load_cv',
    factor: () => 1,
    primary: (state, i) => real(state, i, state.instances.loadNetwork[i] as number),
    secondary: none,
  },
  {
    name: 'spindles_cv',
    factor: spindleFactor,
    primary: (state, i, exclusive) => real(state, i, spindles(state, i, exclusive)),
    secondary: (state, i, exclusive) => real(state, i, spindles(state, i, exclusive)),
  },
  { name: 'free_mem_cv_forth', factor: memoryFactor, primary: ({ instances }, i) => -(instances.memory[i] as number), secondary: none },
  { name: 'free_disk_cv_forth', factor: storageFactor, primary: storage, secondary: storage },
  { name: 'vcpu_ratio_cv_forth', factor: cpuFactor, primary: cpus, secondary: none },
  { name: 'spindles_cv_forth', factor: spindleFactor, primary: spindles, secondary: spindles },
];

/** @param movable positions of the instances that may move */
export function createScoreTable(state: ClusterState, movable: Int32Array): ScoreTable {
  const online = state.scope.filter((n) => state.nodes.offline[n] === 0);
  const rows = metricSources.map((source) => measure(state, online, movable, source));
  const kept: typeof rows = [];
  let constant = 0;
  for (const row of rows) {
    if (row.amounts.every((amounts) => amounts.every((amount) => amount === 0))) {
      constant += row.weight * deviationOf(row.centred);
      continue;
    }
    const twin = kept.find((other) => isMultiple(row, other));
    if (twin) twin.weight += row.weight * ratioOf(row, twin);
    else kept.push(row);
  }
  const metrics = kept.length;
  const interleave = (length: number, column: (row: (typeof kept)[number]) => Float64Array) => {
    const all = new Float64Array(length * metrics);
    kept.forEach((row, k) => column(row).forEach((value, r) => void (all[r * metrics + k] = value)));
    return all;
  };
  const spread = (values: Float64Array) => {
    const all = new Float64Array(state.nodeCount);
    online.forEach((n, r) => void (all[n] = values[r] as number));
    return all;
  };
  const size = state.instances.primary.length;
  const amounts = (which: number) => interleave(size, (row) => row.amounts[which] as Float64Array);
  const table: ScoreTable = {
    metrics,
    online,
    isOnline: state.nodes.counted,
    weights: Float64Array.from(kept, ({ weight }) => weight),
    sums: new Float64Array(metrics),
    squares: new Float64Array(metrics),
    values: new Float64Array(state.nodeCount * metrics),
    factors: interleave(state.nodeCount, (row) => spread(row.factors)),
    primaryAmounts: [amounts(0), amounts(1)],
    secondaryAmounts: [amounts(2), amounts(3)],
    constant,
    measures: kept.map(({ source }) => componentOf(source.name).value),
    centres: new Float64Array(metrics),
    reserved: new Float64Array(state.nodeCount),
    reservedSums: { centre: 0, sum: 0, squares: 0 },
  };
  refreshTable(state, table);
  return table;
}

/** Amounts of one instance anew, in a table that keeps all metrics apart. */
export function writeAmounts(state: ClusterState, table: ScoreTable, i: number): void {
  metricSources.forEach(({ primary, secondary }, k) => {
    for (const exclusive of [0, 1] as const) {
      table.primaryAmounts[exclusive][i * table.metrics + k] = primary(state, i, exclusive === 1);
      table.secondaryAmounts[exclusive][i * table.metrics + k] = secondary(state, i, exclusive === 1);
    }
  });
}

/** Reads all values from the state anew and centres them, which keeps the sums exact however far the search has come. */
export function refreshTable(state: ClusterState, table: ScoreTable): void {
  const { metrics, values, sums, squares, measures, online, reserved, reservedSums } = table;
  const column = new Float64Array(online.length);
  for (let k = 0; k <= metrics; k++) {
    const value = measures[k] ?? reservedValue;
    let total = 0;
    for (let r = 0; r < online.length; r++) total += column[r] = value(state, online[r] as number);
    const centre = total / online.length;
    let sum = 0;
    let square = 0;
    for (let r = 0; r < online.length; r++) {
      const centred = (column[r] as number) - centre;
      sum += centred;
      square += centred * centred;
      if (k < metrics) values[(online[r] as number) * metrics + k] = centred;
      else reserved[online[r] as number] = centred;
    }
    if (k < metrics) {
      table.centres[k] = centre;
      sums[k] = sum;
      squares[k] = square;
    } else {
      Object.assign(reservedSums, { centre, sum, squares: square });
    }
  }
}

/** Brings the values of one node up to date after its columns have changed. */
export function refreshNode(state: ClusterState, table: ScoreTable, n: number): void {
  if (n < 0 || table.isOnline[n] === 0) return;
  const { metrics, values, sums, squares, measures, centres, reserved, reservedSums } = table;
  for (let k = 0; k < metrics; k++) {
    const at = n * metrics + k;
    const before = values[at] as number;
    const after = (measures[k] as (typeof measures)[number])(state, n) - (centres[k] as number);
    values[at] = after;
    sums[k] = (sums[k] as number) + (after - before);
    squares[k] = (squares[k] as number) + (after * after - before * before);
  }
  const before = reserved[n] as number;
  const after = reservedValue(state, n) - reservedSums.centre;
  reserved[n] = after;
  reservedSums.sum += after - before;
  reservedSums.squares += after * after - before * before;
}

/** What reserved memory adds to the score, by the sum and the sum of squares of its centred values: N+1 on the whole. */
export function reservedScore({ online, reservedSums }: ScoreTable, sum: number, squares: number): number {
  const mean = sum / online.length;
  return Math.sqrt(Math.max(0, squares / online.length - mean * mean)) + 0.25 * (sum + reservedSums.centre * online.length);
}

const reservedValue = ({ nodes }: ClusterState, n: number) => (nodes.reserved[n] as number) / (nodes.totalMemory[n] as number);

interface MetricRow {
  readonly source: MetricSource;
  weight: number;
  readonly centred: Float64Array;
  readonly factors: Float64Array;
  /** Primary and primary where storage is exclusive, then secondary likewise; by position of the instance. */
  readonly amounts: readonly Float64Array[];
}

function measure(state: ClusterState, online: Int32Array, movable: Int32Array, source: MetricSource): MetricRow {
  const values = Float64Array.from(online, (n) => valueOf(state, source.name, n));
  const centre = mean(values);
  const amounts = [source.primary, source.secondary].flatMap((amount) =>
    [false, true].map((exclusive) => {
      const column = new Float64Array(state.instances.primary.length);
      for (const i of movable) column[i] = amount(state, i, exclusive);
      return column;
    }),
  );
  return {
    source,
    weight: componentOf(source.name).weight,
    centred: values.map((value) => value - centre),
    factors: Float64Array.from(online, (n) => source.factor(state, n)),
    amounts,
  };
}

/** A metric all of whose distances from the mean are the same multiple of another's, and stay so, has that multiple of its deviation. */
function isMultiple(a: MetricRow, b: MetricRow): boolean {
  const ratio = ratioOf(a, b);
  const isNear = (x: Float64Array, y: Float64Array) => x.every((value, k) => Math.abs(value - ratio * (y[k] as number)) < 1e-13);
  const isEqual = (x: Float64Array, y: Float64Array) => x.every((value, k) => value === y[k]);
  return (
    isNear(a.factors, b.factors) &&
    isNear(a.centred, b.centred) &&
    a.amounts.every((column, k) => isEqual(column, b.amounts[k] as Float64Array))
  );
}

const ratioOf = (a: MetricRow, b: MetricRow): number => (a.factors[0] as number) / (b.factors[0] as number);

const byName = new Map(scoreComponents.map((component) => [component.name, component]));

function componentOf(name: string) {
  const component = byName.get(name);
  if (!component) throw new Error(`the score has no component ${name}`);
  return component;
}

const valueOf = (state: ClusterState, name: string, n: number): number => componentOf(name).value(state, n);

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const deviationOf = (centred: Float64Array): number => Math.sqrt(mean(centred.map((y) => y * y)));

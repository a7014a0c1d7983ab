import type { Json } from '../../base/index.ts';
import type { Collector, CollectRun } from '../collector/collector.ts';
import type { CollectorContext } from '../collector/collector-context.ts';
import type { Notes } from '../collector/notes.ts';
import { actualStates, type FoundInstance, type InstanceStatus, toStatus } from './instance-status.ts';
import type { Status } from './status.ts';

export interface InstStatusReport {
  readonly instances: readonly InstanceStatus[];
  readonly status: Status;
}

/** The differences between the collectors of instance states: one for each hypervisor. */
interface InstStatusKind extends Pick<Collector, 'name' | 'help' | 'interval' | 'timeout' | 'longestInterval'> {
  /** What its metrics are called: the status of one, and how many do what. */
  readonly families: { readonly status: string; readonly count: string };
  readonly plural: 'Instances' | 'Containers';
  /** Whether a node without any counts them all the same. */
  readonly countsNone: boolean;
  /** What {@link Collector.start} is, for instances in place of a report. */
  find(context: CollectorContext): (run: CollectRun) => FoundInstance[] | Promise<FoundInstance[]>;
}

/** A collector that reports the state of every instance of a hypervisor and who caused it. */
export function createInstStatus({ families, plural, countsNone, find, ...facts }: InstStatusKind): Collector<InstStatusReport> {
  return {
    ...facts,
    category: 'instance',
    kind: 'status',
    version: 'B',
    formatVersion: 1,
    largestReport: 8 * 1024 * 1024,
    metrics: [
      { name: families.status, type: 'gauge', help: 'Ganeti’s code: 0 good, 1 being repaired, 2 unknown, 4 bad.', labels: ['instance'] },
      { name: families.count, type: 'gauge', help: `${plural} by state.`, labels: ['state'] },
    ],
    // A report in which nothing but uptimes grew has not changed.
    essence: ({ instances }) => instances.map(({ uptime: _, ...lasting }) => lasting),
    measure: ({ instances }, emit) => {
      for (const { name, status } of instances) emit(families.status, status.code, name);
      if (instances.length === 0 && !countsNone) return;
      for (const state of actualStates) emit(families.count, instances.filter(({ actualState }) => actualState === state).length, state);
    },
    start: (context) => {
      const findAll = find(context);
      return (run) => {
        const found = findAll(run);
        return found instanceof Promise ? found.then(sumUp) : sumUp(found);
      };
    },
  };
}

/** The report: the worst of all, and a line for each that is not good. */
function sumUp(found: readonly FoundInstance[]): InstStatusReport {
  const instances = found.map(toStatus);
  const code = Math.max(0, ...instances.map(({ status }) => status.code)) as Status['code'];
  const lines = instances.filter(({ status }) => status.code > 0).map(({ name, status }) => `${name}: ${status.message}`);
  return { instances, status: { code, message: lines.join('\n') } };
}

/** What is noted of each instance by its name, longer than the agent lives. */
export interface InstanceNotes<T> {
  /** Read when it is first needed. */
  readonly byName: Map<string, T>;
  keep(): void;
}

/** @param isGood - whether what was read is what it should be; else it is left out */
export function instanceNotes<T extends object>(
  notes: Notes,
  name: string,
  isGood: (value: { readonly [key in keyof T]?: unknown }) => boolean,
): InstanceNotes<T> {
  let known: Map<string, T> | undefined;
  const read = () => {
    const entries = Object.entries((notes.read(name) ?? {}) as Readonly<Record<string, T | null>>);
    return new Map(entries.filter((entry): entry is [string, T] => typeof entry[1] === 'object' && entry[1] !== null && isGood(entry[1])));
  };
  return {
    get byName() {
      known ??= read();
      return known;
    },
    keep: () => notes.write(name, Object.fromEntries(known ?? []) as Json),
  };
}

/** Remembers since when each instance is as it is. @param name - of the collector */
export function createReasonTimes(notes: Notes, name: string) {
  const known = instanceNotes<{ readonly reason: string; readonly since: number }>(
    notes,
    name,
    ({ reason, since }) => typeof reason === 'string' && typeof since === 'number',
  );
  return {
    /** Seconds since 1970: when it was first found so, or `began`, when that is known better. */
    since: (instance: string, reason: string, began: number): number => {
      const before = known.byName.get(instance);
      if (before?.reason === reason) return before.since;
      known.byName.set(instance, { reason, since: began });
      return began;
    },
    /** Forgets the others, and keeps what is known. */
    keepOnly: (instances: ReadonlySet<string>) => {
      for (const instance of known.byName.keys()) if (!instances.has(instance)) known.byName.delete(instance);
      known.keep();
    },
  };
}

import { GantryError } from '../../base/index.ts';

/** Kinds of repair, from the least destructive to the most, each with the name that the output uses. Source: harep(1). */
export const repairKinds = ['fix-storage', 'migrate', 'failover', 'reinstall'] as const;
export type RepairKind = (typeof repairKinds)[number];

const results = ['enoperm', 'success', 'failure'] as const;
export type RepairResult = (typeof results)[number];

/** One repair, as a tag of its instance tells it. */
export interface Repair {
  readonly kind: RepairKind;
  readonly uuid: string;
  /** Seconds. */
  readonly time: number;
  readonly jobs: readonly number[];
  /** Undefined: its jobs are not done. */
  readonly result: RepairResult | undefined;
  readonly tag: string;
}

/** How an instance is doing; `repair` is the last one there was. */
export interface RepairState {
  readonly name: 'Healthy' | 'Failure' | 'Pending repair' | 'Needs repair';
  readonly repair: Repair | undefined;
  /** Tags that are out of date. */
  readonly outdated: readonly string[];
}

/** What may be done to an instance. */
export interface RepairPolicy {
  /** The most destructive kind of repair that may be made. */
  readonly allowed?: RepairKind;
  /** Nothing until then, in seconds. */
  readonly suspended?: 'Forever' | number;
}

const prefix = 'ganeti:watcher:autorepair:';
const isOneOf = <T extends string>(words: readonly T[], word: string | undefined): word is T => words.some((known) => known === word);

/** @returns undefined for a tag that is none of repairs, or is malformed */
export function parseRepairTag(tag: string): Repair | undefined {
  const form = /^ganeti:watcher:autorepair:(pending|result):(.*)$/.exec(tag);
  const parts = form?.[2]?.split(':') ?? [];
  const finished = form?.[1] === 'result';
  if (parts.length !== (finished ? 5 : 4)) return undefined;
  const [kind, uuid = '', time = '', ...rest] = parts;
  const [result, jobs = ''] = finished ? rest : [undefined, ...rest];
  const ids = jobs === '' ? [] : jobs.split('+');
  if (!isOneOf(repairKinds, kind) || (finished && !isOneOf(results, result))) return undefined;
  if (!/^\d+$/.test(time) || !ids.every((id) => /^\d+$/.test(id))) return undefined;
  return { kind, uuid, time: Number(time), jobs: ids.map(Number), result: result as RepairResult | undefined, tag };
}

/** A repair with the tag that tells it. */
export function tagged({ kind, uuid, time, jobs, result }: Omit<Repair, 'tag'>): Repair {
  const words = result === undefined ? ['pending', kind, uuid, time] : ['result', kind, uuid, time, result];
  return { kind, uuid, time, jobs, result, tag: `${prefix}${[...words, jobs.join('+')].join(':')}` };
}

/**
 * The state that the tags of an instance tell: the earliest failure lasts, else the newest repair counts.
 * @throws HAREP_TAGS_CONFLICT when a repair began while another was not done
 */
export function stateFromTags(instance: string, tags: readonly string[]): RepairState {
  const repairs = tags.map(parseRepairTag).filter((repair) => repair !== undefined);
  const tasks = [...Map.groupBy(repairs.toSorted(by(({ uuid }) => uuid)), ({ uuid }) => uuid).values()];
  const oldest = (task: readonly Repair[]) => Math.min(...task.map(({ time }) => time));
  let state: RepairState = { name: 'Healthy', repair: undefined, outdated: [] };
  for (const task of tasks.sort((a, b) => oldest(a) - oldest(b))) {
    const newest = task.toSorted((a, b) => rank(a) - rank(b) || a.time - b.time).at(-1) as Repair;
    if (state.name === 'Failure') continue;
    if (state.name === 'Pending repair') {
      throw new GantryError('HAREP_TAGS_CONFLICT', { instance, tag: newest.tag, older: state.repair?.tag ?? '' });
    }
    const name = newest.result === undefined ? 'Pending repair' : newest.result === 'failure' ? 'Failure' : 'Healthy';
    state = { name, repair: newest, outdated: withCurrent(state) };
  }
  return state;
}

const rank = ({ result }: Repair): number => (result === undefined ? -1 : results.indexOf(result));
const by = (key: (repair: Repair) => string) => (a: Repair, b: Repair) => (key(a) < key(b) ? -1 : Number(key(a) > key(b)));

/** The outdated tags once another repair takes the place of the last one. */
export const withCurrent = ({ repair, outdated }: RepairState): readonly string[] => (repair ? [repair.tag, ...outdated] : outdated);

/** What the nearest tags allow: those of the instance, of its group, of the cluster. `now` in seconds. */
export function repairPolicy(levels: readonly (readonly string[])[], now: number): RepairPolicy {
  for (const tags of levels) {
    const own = tags.filter((tag) => tag.startsWith(prefix)).map((tag) => tag.slice(prefix.length));
    const until = own.filter((word) => word.startsWith('suspend:')).map((word) => word.slice('suspend:'.length));
    if (until.includes('')) return { suspended: 'Forever' };
    const future = until.filter((time) => /^\d+$/.test(time) && Number(time) > now).map(Number);
    if (future.length > 0) return { suspended: Math.max(...future) };
    const allowed = repairKinds.find((kind) => own.includes(kind));
    if (allowed) return { allowed };
  }
  return {};
}

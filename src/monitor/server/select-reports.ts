import type { Json, JsonObject } from '../../base/index.ts';
import { type CachedReport, jsonOf } from '../scheduler/report-cache.ts';

/** Parts of a report to be shown, as a tree of their names; an empty one stands for all that is below. */
export interface FieldTree {
  readonly [name: string]: FieldTree;
}

/** What of the reports is wanted; all of all without. */
export interface Selection {
  /** Reports that changed after this time: microseconds since 1970. */
  readonly changedAfter?: number;
  readonly fields?: FieldTree;
}

/** The keys of a report; another one at the beginning of a field is a mistake. */
const reportKeys = ['name', 'version', 'format_version', 'timestamp', 'category', 'kind', 'data', 'trouble'];

/**
 * `since=1795363380591000000&fields=name,data.cpu_total`; other parameters are ignored.
 * @returns undefined where everything is wanted
 * @throws SyntaxError with what is wrong
 */
export function parseSelection(search: string): Selection | undefined {
  if (search === '') return undefined;
  const query = new URLSearchParams(search);
  const [since, fields] = [query.get('since'), query.get('fields')];
  if (since === null && fields === null) return undefined;
  return {
    ...(since !== null && { changedAfter: parseSince(since) }),
    ...(fields !== null && { fields: parseFields(fields) }),
  };
}

/** Numbers of JavaScript hold nanoseconds to the nearest 256 only, enough for the whole microseconds that reports have. */
function parseSince(text: string): number {
  if (!/^\d{1,20}$/.test(text)) throw new SyntaxError(`"since" is nanoseconds since 1970, as in "timestamp"; "${text}" is not`);
  return Math.round(Number(text) / 1000);
}

function parseFields(text: string): FieldTree {
  const root: Record<string, FieldTree> = Object.create(null);
  for (const path of text.split(',')) {
    const names = path.split('.');
    if (!reportKeys.includes(names[0] ?? '')) {
      throw new SyntaxError(
        `"fields" are names such as data.cpu_total, separated by commas, that begin with one of ${reportKeys.join(', ')}; "${path}" does not`,
      );
    }
    let place = root;
    for (const name of names) {
      place[name] ??= Object.create(null) as FieldTree;
      place = place[name] as Record<string, FieldTree>;
    }
  }
  return root;
}

/** The requested reports. If the time is in the future, the host's clock was set back: then everything counts as new. */
export function changedReports(reports: readonly CachedReport[], { changedAfter = 0 }: Selection): readonly CachedReport[] {
  // Those of one millisecond are told apart by microseconds, and may so be ahead of the clock by less than one.
  if (changedAfter >= (Date.now() + 1) * 1000) return reports;
  return reports.filter(({ changedAt }) => changedAt > changedAfter);
}

/** JSON of the parts of a report that are wanted. */
export function selectedJson(report: CachedReport, { fields }: Selection): string {
  const text = jsonOf(report).toString();
  return fields ? JSON.stringify(selectFields(JSON.parse(text) as Json, fields)) : text;
}

/** The parts of a value that the tree names; of an array those of each element. What is not there is left out. */
function selectFields(value: Json, fields: FieldTree): Json {
  const wanted = Object.entries(fields);
  if (wanted.length === 0 || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((element) => selectFields(element, fields));
  const object = value as JsonObject;
  const shown: [string, Json][] = [];
  for (const [name, below] of wanted) {
    const part = Object.hasOwn(object, name) ? object[name] : undefined;
    if (part !== undefined) shown.push([name, selectFields(part, below)]);
  }
  return Object.fromEntries(shown);
}

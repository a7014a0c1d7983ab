import type { Json } from '../../base/index.ts';
import type { CachedReport, ReportCache } from '../scheduler/report-cache.ts';
import { type MetricsFormat, metricsFormat, metricsTypes } from './metrics-page.ts';
import { json, type Reply, refusal } from './reply.ts';
import { parseFields, selectFields } from './select-fields.ts';

export interface Question {
  /** Path and query. */
  readonly url: string;
  readonly accept: string | undefined;
}

interface Sources {
  readonly cache: ReportCache;
  readonly metrics: (format: MetricsFormat) => Buffer;
}

const notFound = refusal(404, 'Resource not found');
const noReport = refusal(404, 'Unable to produce a report for the requested resource');
const nothingNew: Reply = { status: 204, type: 'application/json', body: '' };

/** Selections kept, so that many who ask the same cost as much as one. */
const mostKept = 32;

/** Ganeti's monitoring protocol, version 1, and the page for Prometheus. Every answer comes from the cache; nothing is collected for a request. */
export function createAnswers({ cache, metrics }: Sources): (question: Question) => Reply {
  // Versions begin anew with each start of the agent; what a client kept of the one before must not match.
  const birth = Date.now().toString(36);
  const kept = new Map<string, Reply>();
  let keptVersion = -1;

  /** What was made for this URL since the last change of any report, or else is made now. */
  const once = (url: string, make: () => Reply): Reply => {
    if (keptVersion !== cache.version) kept.clear();
    keptVersion = cache.version;
    const reply = kept.get(url) ?? make();
    if (kept.size < mostKept) kept.set(url, reply);
    return reply;
  };

  const tag = (version: number) => `"${birth}-${version}"`;

  const all = (url: string, query: URLSearchParams): Reply => {
    if (query.size === 0) return json(cache.all(), tag(cache.version));
    return once(url, () => {
      const reports = changedSince(cache.reports(), query.get('since')).map(({ json: text }) => JSON.parse(text.toString()) as Json);
      return json(JSON.stringify(chosen(reports, query)), tag(cache.version));
    });
  };

  const one = (url: string, query: URLSearchParams, report: CachedReport | undefined): Reply => {
    if (!report) return noReport;
    if (query.size === 0) return json(report.json, tag(report.version));
    return once(url, () => {
      if (changedSince([report], query.get('since')).length === 0) return nothingNew;
      return json(JSON.stringify(chosen(JSON.parse(report.json.toString()) as Json, query)), tag(report.version));
    });
  };

  return ({ url, accept }) => {
    const [path = '', search = ''] = url.split('?', 2);
    const words = wordsOf(path);
    if (!words) return notFound;
    const [first = '', second = '', third = '', fourth = '', ...rest] = words;
    if (first === '') return json('[1]');
    if (first === 'metrics' && second === '') {
      const format = metricsFormat(accept);
      return { status: 200, type: metricsTypes[format], body: metrics(format) };
    }
    if (first !== '1' || rest.length > 0) return notFound;
    if (second === '') return json('null');
    if (second === 'list' && third === 'collectors' && fourth === '') return once(path, () => json(listCollectors(cache)));
    if (second !== 'report') return notFound;
    const query = new URLSearchParams(search);
    if (third === 'all' && fourth === '') return all(url, query);
    return one(url, query, cache.find(third, fourth));
  };
}

function wordsOf(path: string): string[] | undefined {
  try {
    return path
      .split('/')
      .filter((word) => word !== '')
      .map(decodeURIComponent);
  } catch {
    // Not a path that anything here could have.
    return undefined;
  }
}

function chosen(value: Json, query: URLSearchParams): Json {
  const fields = query.get('fields');
  return fields === null ? value : selectFields(value, parseFields(fields));
}

/**
 * Reports that changed after a time, in nanoseconds since 1970 as in `timestamp`. A time that lies ahead is one of
 * before the host's clock was set back: then everything is new.
 */
function changedSince(reports: readonly CachedReport[], since: string | null): readonly CachedReport[] {
  const time = Number(since ?? 0) / 1e6;
  if (!(time <= Date.now())) return reports;
  return reports.filter(({ changedWallTime }) => changedWallTime > time);
}

function listCollectors(cache: ReportCache): string {
  return JSON.stringify(
    cache.reports().map(({ collector }) => [collector.name, collector.category ?? 'default', collector.kind === 'status' ? 1 : 0]),
  );
}

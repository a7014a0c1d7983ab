import { type MetricsFormat, metricsFormat, metricsTypes } from '../../base/index.ts';
import { type CachedReport, joinReports, jsonOf, type ReportCache } from '../scheduler/report-cache.ts';
import { json, type Reply, refusal } from './reply.ts';
import { changedReports, parseSelection, type Selection, selectedJson } from './select-reports.ts';
import { versionOneCategory, versionOneJson } from './version-one.ts';

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

interface Asked {
  readonly url: string;
  /** Version 1. */
  readonly one: boolean;
  readonly selection: Selection | undefined;
}

/** Selections kept, so that many who ask the same cost as much as one. */
const mostKept = 32;

/**
 * Ganeti's monitoring protocol, version 1 as it is, and version 2 with what there is besides; and the page for
 * Prometheus. Every answer comes from the cache; nothing is collected for a request. The answers throw SyntaxError for
 * what cannot be understood.
 */
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

  let joined: Buffer | undefined;
  let joinedVersion = -1;
  const allOfVersionOne = (): Buffer => {
    if (!joined || joinedVersion !== cache.version) joined = joinReports(cache.reports(), versionOneJson);
    joinedVersion = cache.version;
    return joined;
  };

  const all = ({ url, one, selection }: Asked): Reply => {
    if (!selection) return json(one ? allOfVersionOne() : cache.all(), tag(cache.version));
    return once(url, () => {
      const texts = changedReports(cache.reports(), selection).map((report) => partOf(report, one, selection));
      return json(`[${texts.join(',')}]`, tag(cache.version));
    });
  };

  const single = ({ url, one, selection }: Asked, report: CachedReport | undefined): Reply => {
    if (!report) return noReport;
    if (!selection) return json(one ? versionOneJson(report) : jsonOf(report), tag(report.version));
    return once(url, () => {
      if (changedReports([report], selection).length === 0) return nothingNew;
      return json(partOf(report, one, selection), tag(report.version));
    });
  };

  return ({ url, accept }) => {
    const [path = '', search = ''] = url.split('?', 2);
    const words = wordsOf(path);
    if (!words) return notFound;
    const [first = '', second = '', third = '', fourth = '', ...rest] = words;
    // As Ganeti's agent has it; version 2 is asked for by who knows of it.
    if (first === '') return json('[1]');
    if (first === 'metrics' && second === '') {
      const format = metricsFormat(accept);
      return { status: 200, type: metricsTypes[format], body: metrics(format) };
    }
    if ((first !== '1' && first !== '2') || rest.length > 0) return notFound;
    const one = first === '1';
    if (second === '') return json('null');
    if (second === 'list' && third === 'collectors' && fourth === '') return once(path, () => json(listCollectors(cache, one)));
    if (second !== 'report') return notFound;
    const asked = { url, one, selection: parseSelection(search) };
    if (third === 'all' && fourth === '') return all(asked);
    return single(asked, cache.find(third, fourth) ?? (one && third === 'default' ? cache.find('node', fourth) : undefined));
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

function listCollectors(cache: ReportCache, one: boolean): string {
  return JSON.stringify(
    cache.reports().map((report) => {
      const { name, category, kind } = report.collector;
      return [name, (one ? versionOneCategory(report) : category) ?? 'default', kind === 'status' ? 1 : 0];
    }),
  );
}

/** Who names fields wants those, in version 1 as well. */
const partOf = (report: CachedReport, one: boolean, selection: Selection): string =>
  one && !selection.fields ? versionOneJson(report).toString() : selectedJson(report, selection);

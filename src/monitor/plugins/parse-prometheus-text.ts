import { type FamilyHead, formatNumber } from '../../base/index.ts';
import { sharedName } from './family-names.ts';
import { labelNamePattern, ownLabels } from './label-names.ts';

/** A family of Prometheus's text format, as it stands in a report. */
export interface TextFamily {
  readonly name: string;
  readonly type: FamilyHead['type'];
  readonly help: string;
  readonly samples: TextSample[];
}

export interface TextSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What JSON knows no number for is a text: "NaN", "+Inf", "-Inf". */
  readonly value: number | string;
}

/** What is wrong in which line. */
export class PrometheusTextError extends Error {}

const types = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped', 'unknown', 'info']);
const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = new RegExp(labelNamePattern);
const number = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)$/i;

interface Draft {
  type?: string;
  help?: string;
  readonly samples: TextSample[];
}

/**
 * Reads Prometheus's text format 0.0.4 strictly: of a page with an error Prometheus takes nothing. Samples with a time
 * are refused, as the text file collector of Prometheus's node exporter does. Takes time in proportion to the text,
 * whatever stands in it.
 * @throws PrometheusTextError
 */
export function parsePrometheusText(text: string): TextFamily[] {
  const drafts = new Map<string, Draft>();
  const draft = (name: string): Draft => {
    const known = drafts.get(name) ?? { samples: [] };
    drafts.set(name, known);
    return known;
  };
  const seen = new Set<string>();
  if (text !== '' && !text.endsWith('\n'))
    throw new PrometheusTextError('the last line does not end with a newline: the file is incomplete');
  for (const [i, line] of text.split('\n').entries()) {
    const wrong = (problem: string) => new PrometheusTextError(`line ${i + 1}: ${problem}`);
    if (line.trim() === '') continue;
    if (line.startsWith('#')) readComment(line, draft, wrong);
    else takeSample(readSample(line, wrong), drafts, draft, seen, wrong);
  }
  return familiesOf(drafts);
}

type Wrong = (problem: string) => PrometheusTextError;

function readComment(line: string, draft: (name: string) => Draft, wrong: Wrong): void {
  const [, what, name = '', rest = ''] = /^#[ \t]+(HELP|TYPE)[ \t]+(\S+)(?:[ \t]+([^]*))?$/.exec(line) ?? [];
  if (what === undefined) return;
  if (!metricName.test(name)) throw wrong(`"${shown(name)}" is not a valid metric name`);
  const family = draft(name);
  if (what === 'HELP') {
    if (family.help !== undefined) throw wrong(`a second HELP of ${name}`);
    family.help = rest.replace(/\\([\\n])/g, (_, char: string) => (char === 'n' ? '\n' : '\\'));
    return;
  }
  const type = rest.trim();
  if (family.type !== undefined) throw wrong(`a second TYPE of ${name}`);
  if (family.samples.length > 0) throw wrong(`the TYPE of ${name} comes after its samples`);
  if (!types.has(type)) throw wrong(`"${shown(type)}" is not a metric type`);
  family.type = type;
}

/** A line in one go from its beginning to its end. */
function readSample(line: string, wrong: Wrong): TextSample {
  const nameEnd = endOf(line, 0, /[^a-zA-Z0-9_:]|$/g);
  const name = line.slice(0, nameEnd);
  const labels = new Map<string, string>();
  let at = endOf(line, nameEnd, notBlank);
  if (line[at] === '{') at = readLabels(line, at + 1, labels, wrong);
  // Something must stand between the name and the value.
  if (at === nameEnd) at = line.length;
  const [value = '', time, more] = line.slice(endOf(line, at, notBlank)).split(/[ \t]+/);
  if (!metricName.test(name) || !number.test(value) || more) throw wrong(`"${shown(line)}" is not a sample`);
  if (time) throw wrong(`the sample of ${name} has a time, which is not allowed`);
  return { name, labels: Object.fromEntries(labels), value: numberOf(value) };
}

const notBlank = /[^ \t]|$/g;

/** Where the first of what ends a part stands. */
function endOf(line: string, from: number, end: RegExp): number {
  end.lastIndex = from;
  return end.exec(line)?.index ?? line.length;
}

/** @param from - behind the brace @returns the place behind the closing one */
function readLabels(line: string, from: number, labels: Map<string, string>, wrong: Wrong): number {
  const unread = () => wrong(`labels that cannot be read: ${shown(line.slice(from - 1))}`);
  let at = endOf(line, from, notBlank);
  while (line[at] !== '}') {
    const nameEnd = endOf(line, at, /[ \t="{},]|$/g);
    const name = line.slice(at, nameEnd);
    const equals = endOf(line, nameEnd, notBlank);
    const open = endOf(line, equals + 1, notBlank);
    if (name === '' || line[equals] !== '=' || line[open] !== '"') throw unread();
    if (!labelName.test(name)) throw wrong(`"${shown(name)}" is not a valid label name`);
    if (labels.has(name)) throw wrong(`the label ${name} occurs twice`);
    const close = closingQuote(line, open + 1);
    if (close < 0) throw unread();
    labels.set(name, unescape(line.slice(open + 1, close), unread));
    at = endOf(line, close + 1, notBlank);
    if (line[at] === ',') at = endOf(line, at + 1, notBlank);
    else if (line[at] !== '}') throw unread();
  }
  return at + 1;
}

function closingQuote(line: string, from: number): number {
  for (let i = from; i < line.length; i++) {
    if (line[i] === '"') return i;
    if (line[i] === '\\') i++;
  }
  return -1;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', '\\': '\\', '"': '"' };

const unescape = (text: string, unread: () => Error): string =>
  text.replace(/\\([^])/g, (_, char: string) => {
    const meant = escapes[char];
    if (meant === undefined) throw unread();
    return meant;
  });

function takeSample(
  sample: TextSample,
  drafts: ReadonlyMap<string, Draft>,
  draft: (name: string) => Draft,
  seen: Set<string>,
  wrong: Wrong,
): void {
  const { name, labels } = sample;
  // To Prometheus a label without a value is none.
  const told = Object.entries(labels).filter(([, value]) => value !== '');
  const key = `${name} ${JSON.stringify(told.sort())}`;
  if (seen.has(key)) throw wrong(`a second sample of ${name} with the same labels`);
  seen.add(key);
  const family = familyOf(name, drafts);
  const problem = misuse(drafts.get(family)?.type, family, sample);
  if (problem !== undefined) throw wrong(problem);
  draft(family).samples.push(sample);
}

/** The family to which a sample belongs: histograms and summaries have samples of several names. */
function familyOf(name: string, drafts: ReadonlyMap<string, Draft>): string {
  if (drafts.get(name)?.type !== undefined) return name;
  const [, base = '', ending = ''] = /^(.+)_(bucket|sum|count|info)$/.exec(name) ?? [];
  const type = drafts.get(base)?.type;
  const own =
    type === 'histogram'
      ? ending !== 'info'
      : type === 'summary'
        ? ending === 'sum' || ending === 'count'
        : type === 'info' && ending === 'info';
  return own ? base : name;
}

/** What is wrong with a sample of a family of that type. */
function misuse(type: string | undefined, family: string, { name, labels }: TextSample): string | undefined {
  const stray = type === 'histogram' ? family : type === 'info' ? strayInfo(family) : undefined;
  if (name === stray) return `${family} is of type ${type}, which has no sample named ${name}`;
  const needed =
    type === 'histogram' && name === `${family}_bucket` ? 'le' : type === 'summary' && name === family ? 'quantile' : undefined;
  for (const [label, owner] of Object.entries(ownLabels))
    if (label !== needed && Object.hasOwn(labels, label)) return `${name} has the label ${label}, which only parts of a ${owner} have`;
  if (needed !== undefined && !number.test(labels[needed] ?? '')) return `${name} has no number as its label ${needed}`;
  return undefined;
}

/** Of info, whose type may stand with either name, its sample has one. */
const strayInfo = (family: string): string => (family.endsWith('_info') ? `${family}_info` : family);

const numberOf = (text: string): number | string => {
  const value = Number(text.toLowerCase().replace(/inf(inity)?$/, 'Infinity'));
  return Number.isFinite(value) ? value : formatNumber(value);
};

const shown = (text: string): string => JSON.stringify(text.slice(0, 80)).slice(1, -1);

/** @throws PrometheusTextError for families whose names mean the same */
function familiesOf(drafts: ReadonlyMap<string, Draft>): TextFamily[] {
  const all = [...drafts].filter(([, { samples }]) => samples.length > 0).map(([name, family]) => finish(name, family));
  // Since when a counter counts: libraries write it as a gauge of its own, which OpenMetrics takes for a part of the counter.
  const begun = new Set(all.filter(({ type }) => counting.has(type)).map(({ name }) => `${name}_created`));
  const families = all.filter(({ name, type }) => type !== 'gauge' || !begun.has(name));
  const shared = sharedName(families);
  if (shared !== undefined) throw new PrometheusTextError(`two families of metrics both use the name ${shared}`);
  return families;
}

const counting: ReadonlySet<string> = new Set(['counter', 'histogram', 'summary']);

/** In the words of OpenMetrics, which names a counter without its `_total`; one that has none is of no known type there. */
function finish(full: string, { type: said = 'unknown', help = '', samples }: Draft): TextFamily {
  const type = said === 'untyped' ? 'unknown' : (said as TextFamily['type']);
  const ending = type === 'counter' ? '_total' : type === 'info' ? '_info' : '';
  if (full.endsWith(ending) && full !== ending) return { name: full.slice(0, full.length - ending.length), type, help, samples };
  return { name: full, type: type === 'counter' || full === ending ? 'unknown' : type, help, samples };
}

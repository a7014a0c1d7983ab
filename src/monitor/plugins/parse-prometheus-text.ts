import type { FamilyHead } from '../collector/metric-family.ts';

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
  /** As text, since JSON knows no infinity. */
  readonly value: string;
}

/** What is wrong in which line. */
export class PrometheusTextError extends Error {}

const types = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped', 'unknown', 'info']);
const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*(?:\{(.*)\})?[ \t]*(\S+)(?:[ \t]+(\S+))?[ \t]*$/;
const labelPart = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\["\\n])*)"[ \t]*(?:,|$)/y;
const number = /^[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf|infinity|nan)$/i;

interface Draft {
  type?: string;
  help?: string;
  readonly samples: TextSample[];
}

/**
 * Reads Prometheus's text format 0.0.4 strictly: of a page with an error Prometheus takes nothing. Samples with a time
 * are refused, as the text file collector of Prometheus's node exporter does.
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
  if (text !== '' && !text.endsWith('\n')) throw new PrometheusTextError('the last line has no end: half of the file is there');
  for (const [i, line] of text.split('\n').entries()) {
    const wrong = (problem: string) => new PrometheusTextError(`line ${i + 1}: ${problem}`);
    if (line.trim() === '') continue;
    if (line.startsWith('#')) readComment(line, draft, wrong);
    else readSample(line, drafts, draft, seen, wrong);
  }
  return [...drafts].filter(([, { samples }]) => samples.length > 0).map(([name, family]) => finish(name, family));
}

type Wrong = (problem: string) => PrometheusTextError;

function readComment(line: string, draft: (name: string) => Draft, wrong: Wrong): void {
  const [, what, name = '', rest = ''] = /^#[ \t]+(HELP|TYPE)[ \t]+(\S+)(?:[ \t]+(.*))?$/.exec(line) ?? [];
  if (what === undefined) return;
  if (!metricName.test(name)) throw wrong(`"${shown(name)}" is no name of a metric`);
  const family = draft(name);
  if (what === 'HELP') {
    if (family.help !== undefined) throw wrong(`a second HELP of ${name}`);
    family.help = rest.replace(/\\([\\n])/g, (_, char: string) => (char === 'n' ? '\n' : '\\'));
    return;
  }
  const type = rest.trim();
  if (family.type !== undefined) throw wrong(`a second TYPE of ${name}`);
  if (family.samples.length > 0) throw wrong(`the TYPE of ${name} comes after its samples`);
  if (!types.has(type)) throw wrong(`"${shown(type)}" is no type of metrics`);
  family.type = type;
}

function readSample(
  line: string,
  drafts: ReadonlyMap<string, Draft>,
  draft: (name: string) => Draft,
  seen: Set<string>,
  wrong: Wrong,
): void {
  const [, name, labelText, value = '', time] = sampleLine.exec(line) ?? [];
  if (name === undefined || !number.test(value)) throw wrong(`"${shown(line)}" is no sample`);
  if (time !== undefined) throw wrong(`the sample of ${name} has a time, and may have none`);
  const labels = readLabels(labelText ?? '', wrong);
  const key = `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
  if (seen.has(key)) throw wrong(`a second sample of ${name} with the same labels`);
  seen.add(key);
  draft(familyOf(name, drafts)).samples.push({ name, labels, value: normal(value) });
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

function readLabels(text: string, wrong: Wrong): Record<string, string> {
  const labels = new Map<string, string>();
  labelPart.lastIndex = 0;
  while (labelPart.lastIndex < text.length) {
    const [, name, value = ''] = labelPart.exec(text) ?? [];
    if (name === undefined) throw wrong(`labels that cannot be read: {${shown(text)}}`);
    if (labels.has(name)) throw wrong(`the label ${name} stands there twice`);
    labels.set(
      name,
      value.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char)),
    );
  }
  return Object.fromEntries(labels);
}

const normal = (value: string): string => {
  const word = value.toLowerCase().replace('infinity', 'inf');
  if (word.endsWith('nan')) return 'NaN';
  return word.endsWith('inf') ? `${word.startsWith('-') ? '-' : '+'}Inf` : String(Number(word));
};

const shown = (text: string): string => JSON.stringify(text.slice(0, 80)).slice(1, -1);

/** In the words of OpenMetrics, which names a counter without its `_total`; one that has none is of no known type there. */
function finish(name: string, { type = 'unknown', help = '', samples }: Draft): TextFamily {
  const rest = { help, samples };
  if (type === 'counter') return name.endsWith('_total') ? { name: name.slice(0, -6), type, ...rest } : { name, type: 'unknown', ...rest };
  return { name, type: type === 'untyped' ? 'unknown' : (type as TextFamily['type']), ...rest };
}

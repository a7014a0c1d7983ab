const sampleEndings: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  summary: ['', '_sum', '_count', '_created'],
  info: ['_info'],
  gauge: [''],
  unknown: [''],
};

const head = /^# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s;
const labelText = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
const sample = new RegExp(
  String.raw`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(${labelText}(?:,${labelText})*)\})? ([+-]?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|Inf)|NaN)$`,
);

/** What the grammar of OpenMetrics 1.0 has against a page, in words; undefined for a good one. */
export function openMetricsFault(page: string): string | undefined {
  const lines = page.split('\n');
  if (lines.splice(-2).join('|') !== '# EOF|') return 'it does not end with "# EOF"';
  const names = new Set<string>();
  const series = new Set<string>();
  let [family, type, ended] = ['', '', true];
  for (const line of lines) {
    const [, word, name = '', rest = ''] = head.exec(line) ?? [];
    if (word === 'TYPE') {
      [family, type, ended] = [name, rest, false];
      for (const own of new Set([name, ...(sampleEndings[type] ?? []).map((ending) => name + ending)])) {
        if (names.has(own)) return `two families take up ${own}`;
        names.add(own);
      }
      if (!sampleEndings[type]) return `no type: ${line}`;
    } else if (word !== undefined) {
      if (name !== family || ended) return `stands elsewhere: ${line}`;
      if (word === 'UNIT' && !name.endsWith(`_${rest}`)) return `the unit is not in the name: ${line}`;
      if (word === 'HELP' && !/^(?:[^"\\]|\\["\\n])*$/.test(rest)) return `not escaped: ${line}`;
    } else {
      ended = true;
      const [, full = '', labels = ''] = sample.exec(line) ?? [];
      if (full === '') return `no sample: ${line}`;
      if (!sampleEndings[type]?.some((ending) => family + ending === full)) return `not of the family ${family}, a ${type}: ${line}`;
      const all = labels.match(new RegExp(labelText, 'g')) ?? [];
      const keys = all.map((label) => label.split('=', 1)[0] ?? '');
      if (new Set(keys).size < keys.length || keys.some((key) => key.startsWith('__'))) return `labels: ${line}`;
      // To Prometheus a label without a value is none.
      const key = `${full}{${all.filter((label) => !label.endsWith('=""')).sort()}}`;
      if (series.has(key)) return `a second time: ${line}`;
      series.add(key);
    }
  }
  return undefined;
}

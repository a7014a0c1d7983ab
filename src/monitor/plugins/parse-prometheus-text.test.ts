import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatLabels } from '../../base/index.ts';
import { PrometheusTextError, parsePrometheusText } from './parse-prometheus-text.ts';

test('families with types, help and samples, in the words of OpenMetrics', () => {
  const text = [
    '# HELP http_requests_total Total, with \\\\ and \\n.',
    '# TYPE http_requests_total counter',
    'http_requests_total{code="200",path="a\\"b\\\\c\\nd",} 1027',
    '# a remark',
    '',
    '# TYPE odd counter',
    'odd 1',
    '# TYPE took summary',
    'took{quantile="0.5"} 4.2e-2',
    'took_sum 9',
    'took_count 3',
    'some_sum -Inf',
    'nothing NaN',
    '# TYPE empty gauge',
    '',
  ].join('\n');
  const families = parsePrometheusText(text);
  assert.deepEqual(
    families.map(({ name, type, samples }) => [name, type, samples.length]),
    [
      ['http_requests', 'counter', 1],
      ['odd', 'unknown', 1],
      ['took', 'summary', 3],
      ['some_sum', 'unknown', 1],
      ['nothing', 'unknown', 1],
    ],
  );
  assert.equal(families[0]?.help, 'Total, with \\ and \n.');
  assert.deepEqual(families[0]?.samples[0]?.labels, { code: '200', path: 'a"b\\c\nd' });
  assert.equal(families[3]?.samples[0]?.value, '-Inf');
});

describe('refused', () => {
  const cases: readonly (readonly [text: string, problem: RegExp])[] = [
    ['a 1', /incomplete/],
    ['a\n', /line 1: "a" is not a sample/],
    ['a one\n', /not a sample/],
    ['a 0x10\n', /not a sample/],
    ['1a 1\n', /not a sample/],
    ['a 1 2\n', /time/],
    ['a{b=1} 1\n', /labels/],
    ['a{b="1" c="2"} 1\n', /labels/],
    ['a{b="1",b="2"} 1\n', /twice/],
    ['a{b="\\x"} 1\n', /labels/],
    ['a 1\n# TYPE a gauge\n', /after its samples/],
    ['# TYPE a gouge\n', /not a metric type/],
    ['# HELP a x\n# HELP a y\n', /second HELP/],
    ['a{x="1",y="2"} 1\na{y="2",x="1"} 2\n', /line 2: a second sample/],
    ['a{x=""} 1\na 2\n', /line 2: a second sample/],
    ['a{__name__="b"} 1\n', /"__name__" is not a valid label name/],
    ['a{__x="b"} 1\n', /"__x" is not a valid label name/],
    ['a{le="1"} 1\n', /label le, which only parts of a histogram have/],
    ['# TYPE a gauge\na{quantile="1"} 1\n', /label quantile, which only parts of a summary have/],
    ['# TYPE a histogram\na_sum{le="1"} 1\n', /label le/],
    ['# TYPE a histogram\na_bucket{le="x"} 1\n', /no number as its label le/],
    ['# TYPE a summary\na 1\n', /no number as its label quantile/],
    ['# TYPE a histogram\na 1\n', /no sample named a/],
    ['# TYPE a info\na 1\n', /no sample named a/],
    ['# TYPE a gauge\na 1\n# TYPE a_total counter\na_total 2\n', /two families of metrics both use the name a/],
    ['# TYPE a histogram\na_sum 1\n# TYPE a_total counter\na_total 2\n', /both use the name a/],
    ['a_count 1\n# TYPE a summary\na_sum 2\n', /both use the name a_count/],
    ['a+1\n', /not a sample/],
    ['a 1 # {b="1"} 1\n', /not a sample/],
  ];
  for (const [text, problem] of cases) {
    test(JSON.stringify(text), () => assert.throws(() => parsePrometheusText(text), problem));
  }
});

test('whatever the text, it is read or refused by its line', () => {
  const piece = fc.oneof(
    fc.constantFrom('# TYPE ', '# HELP ', 'a', 'b_total', '{', '}', 'l="v"', ',', ' ', '\n', '1', 'NaN', 'counter', '"', '\\'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        parsePrometheusText(`${pieces.join('')}\n`);
      } catch (error) {
        assert.ok(error instanceof PrometheusTextError);
      }
    }),
    { seed: 4 },
  );
});

test('what is written with any labels and values is read again', () => {
  const labels = fc.dictionary(
    fc.stringMatching(/^[a-z]{1,8}$/).filter((name) => name !== 'le' && name !== 'quantile'),
    fc.string({ unit: 'binary' }).filter((value) => !value.includes('\r')),
  );
  fc.assert(
    fc.property(labels, fc.double(), (given, value) => {
      const text = Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
      const [family] = parsePrometheusText(`m${formatLabels(Object.entries(given))} ${text}\n`);
      assert.deepEqual({ ...family?.samples[0]?.labels }, { ...given });
      const read = family?.samples[0]?.value;
      assert.ok(Number.isFinite(value) ? read === value : read === text);
    }),
    { seed: 4 },
  );
});

test('what libraries write of a counter: since when it counts is left out', () => {
  const families = parsePrometheusText(
    '# TYPE a_total counter\na_total 1\n# TYPE a_created gauge\na_created 1.7e9\n# TYPE b_created gauge\nb_created 1\n',
  );
  assert.deepEqual(
    families.map(({ name, type }) => [name, type]),
    [
      ['a', 'counter'],
      ['b_created', 'gauge'],
    ],
  );
});

test('values are numbers, but for those that JSON does not know', () => {
  const [family] = parsePrometheusText(['a{n="1"} 1e3', 'a{n="2"} -inf', 'a{n="3"} 1e999', 'a{n="4"} Nan', 'a{n="5"} +.5', ''].join('\n'));
  assert.deepEqual(
    family?.samples.map(({ value }) => value),
    [1000, '-Inf', '+Inf', 'NaN', 0.5],
  );
});

describe('a text made to take long is read or refused all the same', () => {
  const many = 500_000;
  const cases: readonly (readonly [what: string, text: string])[] = [
    ['braces', `a{${'}'.repeat(many)} x y z`],
    ['blanks', `a${' '.repeat(many)}\r`],
    ['blanks before no time', `a 1${' \t'.repeat(many)}\r`],
    ['digits', `a ${'1'.repeat(many)}x`],
    ['labels without an end', `a{b="${'\\\\'.repeat(many)}`],
    ['blanks after a label', `a{b="1"${' '.repeat(many)}x`],
    ['help', `# HELP a${' '.repeat(many)}\r`],
    ['endings', `${'_sum'.repeat(many)} 1`],
  ];
  for (const [what, text] of cases) {
    test(what, () => {
      try {
        parsePrometheusText(`${text}\n`);
      } catch (error) {
        assert.ok(error instanceof PrometheusTextError);
      }
    });
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from './random.ts';
import { newTrace, traceFrom, traceparent } from './trace.ts';

test('a new trace has 32 digits, and comes back from the header that is made of it', () => {
  const random = seededRandom(1);
  const traces = Array.from({ length: 1000 }, () => newTrace(random));
  for (const trace of traces) {
    assert.match(trace, /^[\da-f]{32}$/);
    assert.equal(traceFrom(traceparent(trace, random)), trace);
  }
  assert.equal(new Set(traces).size, 1000);
  assert.equal(
    traceFrom(
      traceparent(
        newTrace(() => 0),
        () => 0,
      ),
    ),
    `${'0'.repeat(31)}1`,
    'never all zeros',
  );
  assert.equal(
    newTrace(() => 1 - 2 ** -53),
    'f'.repeat(32),
  );
});

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const cases: readonly (readonly [header: unknown, trace: string | undefined])[] = [
  [`00-${trace}-00f067aa0ba902b7-01`, trace],
  [`00-${trace}-00f067aa0ba902b7-00`, trace],
  [`cc-${trace}-00f067aa0ba902b7-01-later.fields`, trace],
  [`cc-${trace}-00f067aa0ba902b7-01`, trace],
  [`00-${trace}-00f067aa0ba902b7-01-more`, undefined],
  [`cc-${trace}-00f067aa0ba902b7-01more`, undefined],
  [`ff-${trace}-00f067aa0ba902b7-01`, undefined],
  [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, undefined],
  [`00-${trace}-${'0'.repeat(16)}-01`, undefined],
  [`00-${trace.toUpperCase()}-00f067aa0ba902b7-01`, undefined],
  [`00-${trace}-00f067aa0ba902b7-01\n`, undefined],
  [` 00-${trace}-00f067aa0ba902b7-01`, undefined],
  [`cc-${trace}-00f067aa0ba902b7-01-${'x'.repeat(500)}`, undefined],
  ['', undefined],
  [undefined, undefined],
  [['00'], undefined],
];
for (const [header, expected] of cases)
  test(`the trace in ${JSON.stringify(header)?.slice(0, 80)} is ${expected}`, () => assert.equal(traceFrom(header), expected));

test('whatever a header says, the trace is plain digits or none', () => {
  fc.assert(
    fc.property(fc.string(), (header) => assert.match(traceFrom(header) ?? '0'.repeat(32), /^[\da-f]{32}$/)),
    { seed: 3 },
  );
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ProgramName } from '../command/programs.ts';
import { runQuietly } from './testing/small-cluster.ts';

interface Run {
  readonly program: ProgramName;
  readonly options: readonly string[];
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Of the cluster and the rules in docs/examples/location: what is not Ganeti's, and must stay as it is for the same input. */
const runs: readonly Run[] = JSON.parse(readFileSync(new URL('testdata/printed-location.json', import.meta.url), 'utf8'));
const example = join(import.meta.dirname, '../../../docs/examples/location');
const input = ['-t', join(example, 'cluster.data'), '--location', join(example, 'location.yaml')];

describe('with rules of location the same input gives the same output', () => {
  for (const { program, options, code, out, err } of runs) {
    test([program, ...options].join(' '), async () => {
      const printed = await runQuietly(program, ...input, ...options);
      assert.equal(printed.out, out);
      assert.deepEqual([printed.code, printed.err], [code, err]);
    });
  }
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runQuietly } from '../testing/small-cluster.ts';

const limitCase = join(import.meta.dirname, 'testdata/hspace-limit.data');
const others = ['n1-failure', 'multiple-tags', 'hsqueeze-underutilized', 'hroller-online'].map((name) =>
  join(import.meta.dirname, `../testdata/${name}.data`),
);

/** Instances that came in the two ways of filling a cluster. */
async function placed(file: string, ...options: readonly string[]): Promise<{ tiered: number; standard: number }> {
  const { code, out, err } = await runQuietly('hspace', '-t', file, '--machine-readable', '--accept-existing', ...options);
  assert.equal(code, 0, err);
  const value = (key: string) => Number(new RegExp(`^HTS_${key}=(.*)$`, 'm').exec(out)?.[1]);
  const before = value('INI_INST_CNT');
  return { tiered: value('TRL_INST_CNT') - before, standard: value('FIN_INST_CNT') - before };
}

describe('hspace -l places the smaller of the limit and what finds a place without one', () => {
  test('across sizes: the last comes at a smaller one', async () => {
    const tiered = await Promise.all([1, 2, 3, 4].map(async (limit) => (await placed(limitCase, '-l', String(limit))).tiered));
    assert.deepEqual(tiered, [1, 2, 3, 3]);
  });

  for (const file of [limitCase, ...others]) {
    for (const options of [[], ['--no-capacity-checks']] as const) {
      test([file.slice(file.lastIndexOf('/') + 1), ...options].join(' '), async () => {
        const whole = await placed(file, ...options);
        const limits = [1, 2, 3, 5, 8, whole.tiered - 1, whole.tiered, whole.tiered + 1, whole.standard + 1].filter((limit) => limit > 0);
        for (const limit of new Set(limits)) {
          const wanted = { tiered: Math.min(limit, whole.tiered), standard: Math.min(limit, whole.standard) };
          assert.deepEqual(await placed(file, ...options, '-l', String(limit)), wanted, `-l ${limit}`);
        }
      });
    }
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstancePolicy, InstanceSpec } from '../cluster/cluster-data.ts';
import { failMode } from '../state/fail-mode.ts';
import { describeFinding } from './allocate.ts';
import type { Finding } from './find-place.ts';
import { matchPolicy, type PolicySubject } from './match-policy.ts';

const min: InstanceSpec = { memory: 128, vcpus: 1, disk: 1024, diskCount: 1, nicCount: 1, spindleUse: 2 };
const max: InstanceSpec = { memory: 512, vcpus: 4, disk: 4096, diskCount: 2, nicCount: 8, spindleUse: 6 };
const range = { min, max };
const policy = { ranges: [range], diskTemplates: ['drbd', 'diskless'] } as unknown as InstancePolicy;
const fitting: PolicySubject = {
  memory: 256,
  vcpus: 2,
  disks: [
    { size: 2048, spindles: 2 },
    { size: 2048, spindles: 2 },
  ],
  spindleUse: 4,
  diskTemplate: 'drbd',
};
const tried = (more: Partial<PolicySubject>, exclusive = false, own = policy) => matchPolicy({ ...fitting, ...more }, own, exclusive);
const disks = (...sizes: number[]) => sizes.map((size) => ({ size, spindles: 1 }));

test('what is on the edge of a range is within it, what lies beyond is told by what it is', () => {
  assert.equal(tried({}), failMode.none);
  for (const spec of [min, max]) {
    const { memory, vcpus, spindleUse } = spec;
    assert.equal(tried({ memory, vcpus, spindleUse, disks: disks(...Array<number>(spec.diskCount).fill(spec.disk)) }), failMode.none);
  }
  assert.deepEqual(
    [127, 513].map((memory) => tried({ memory })),
    [failMode.memory, failMode.memory],
  );
  assert.deepEqual(
    [0, 5].map((vcpus) => tried({ vcpus })),
    [failMode.cpu, failMode.cpu],
  );
  assert.deepEqual(
    [1, 7].map((spindleUse) => tried({ spindleUse })),
    [failMode.spindles, failMode.spindles],
  );
  for (const size of [1023, 4097])
    for (const own of [disks(size, 2048), disks(2048, size)]) assert.equal(tried({ disks: own }), failMode.disk);
  for (const own of [[], disks(2048, 2048, 2048)]) assert.equal(tried({ disks: own }), failMode.diskCount);
});

test('without disks their number does not matter; the template must be allowed', () => {
  assert.equal(tried({ disks: [], diskTemplate: 'diskless' }), failMode.none);
  assert.equal(tried({ diskTemplate: 'plain' }), failMode.disk);
  assert.equal(tried({ diskTemplate: 'plain', memory: 1 }), failMode.memory);
});

test('of several things the first is told', () => {
  const all = { memory: 1, disks: disks(1, 1, 1), vcpus: 99, spindleUse: 99 };
  assert.equal(tried(all), failMode.memory);
  assert.equal(tried({ ...all, memory: 256 }), failMode.disk);
  assert.equal(tried({ ...all, memory: 256, disks: disks(2048, 2048, 2048) }), failMode.cpu);
  assert.equal(tried({ disks: disks(2048, 2048, 2048), spindleUse: 99 }), failMode.spindles);
});

test('with exclusive storage the spindles of the disks count, and each disk must have some', () => {
  const spindles = (...counts: (number | undefined)[]) => ({
    disks: counts.map((count) => ({ size: 2048, spindles: count })),
    spindleUse: 99,
  });
  assert.equal(tried(spindles(1, 1), true), failMode.none);
  assert.equal(tried(spindles(3, 3), true), failMode.none);
  assert.equal(tried(spindles(3, 4), true), failMode.spindles);
  assert.equal(tried(spindles(1, 0), true), failMode.spindles);
  assert.equal(tried(spindles(4, undefined), true), failMode.spindles);
});

test('one range that fits is enough; of several that do not, the first is told', () => {
  const large = { min: { ...min, memory: 1024 }, max: { ...max, memory: 2048 } };
  const wide = (...ranges: unknown[]) => ({ ...policy, ranges }) as InstancePolicy;
  for (const own of [wide(range, large), wide(large, range)]) {
    assert.equal(tried({ memory: 2048 }, false, own), failMode.none);
    assert.equal(tried({ memory: 600 }, false, own), failMode.memory);
  }
  const many = { min, max: { ...max, vcpus: 1 } };
  assert.equal(tried({ memory: 600, vcpus: 2 }, false, wide(range, many)), failMode.memory);
  assert.equal(tried({ memory: 512, vcpus: 2 }, false, wide(many, large)), failMode.cpu);
  assert.equal(tried({ memory: 512, vcpus: 2 }, false, wide(large, many)), failMode.memory);
  assert.equal(tried({}, false, wide()), failMode.none);
});

test('the counts of a search are told in one line', () => {
  const nodes = [{ name: 'a' }, { name: 'b' }];
  const none = new Int32Array(10);
  const failures = none.map((_, mode) => ({ [failMode.memory]: 3, [failMode.n1]: 2 })[mode] ?? 0);
  const tell = (finding: Partial<Finding>) =>
    describeFinding({ place: undefined, successes: 4, failures, refusedByRules: 0, ...finding }, nodes, (score) => score.toFixed(2));
  const place = { primary: 1, secondary: 0, score: 1.5 };
  assert.equal(tell({ place }), 'score: 1.50, successes 4, failures 5 (FailMem: 3, FailN1: 2) for node(s) b/a');
  assert.equal(
    tell({ place: { ...place, primary: 0, secondary: -1 } }),
    'score: 1.50, successes 4, failures 5 (FailMem: 3, FailN1: 2) for node(s) a',
  );
  assert.equal(
    tell({ place, refusedByRules: 1 }),
    'score: 1.50, successes 4, failures 6 (FailMem: 3, FailN1: 2, location rules: 1) for node(s) b/a',
  );
  assert.equal(tell({ place, failures: none }), 'score: 1.50, successes 4, failures 0 () for node(s) b/a');
  assert.equal(tell({ refusedByRules: 7 }), 'No valid allocation solutions, failure reasons: FailMem: 3, FailN1: 2, location rules: 7');
  assert.equal(tell({ failures: none }), 'No valid allocation solutions, failure reasons: unknown reasons');
});

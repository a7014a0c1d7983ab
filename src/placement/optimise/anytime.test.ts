import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../base/index.ts';
import { prepareCluster } from '../cluster/prepare-cluster.ts';
import { createState } from '../state/create-state.ts';
import { clusterScore } from '../state/score.ts';
import { randomCluster } from '../testing/random-cluster.ts';
import { optimise } from './optimise.ts';

const data = prepareCluster(randomCluster(seededRandom(11), { nodes: 30, instances: 300, templates: ['drbd', 'ext'] }));

test('whenever the time is over there is a plan, found soon after, and more time makes a better one', () => {
  const before = clusterScore(createState(data));
  const scores = [1, 10, 100, 1000, 4000].map((span) => {
    let asked = 0;
    const { after } = optimise(data, { random: seededRandom(1), progress: () => asked++ / span });
    assert.ok(asked < span + 40, `asked ${asked} times for the time, which was over after ${span}`);
    return after;
  });
  assert.ok((scores[0] as number) <= before);
  scores.slice(1).forEach((score, k) => assert.ok(score <= (scores[k] as number), `${scores}`));
  assert.ok((scores.at(-1) as number) < 0.5 * before, `${scores} from ${before}`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainConfig, plainNode } from '../../testing/plain-config.ts';
import { PlainDraft } from '../../testing/plain-draft.ts';
import { fillCandidatePool, mayBeCandidate, missingCandidates, nodesAfter, nodesToPromote } from './candidate-pool.ts';

const idle = { master_candidate: false };

test('who may be a candidate', () => {
  assert.equal(mayBeCandidate(plainNode(1)), true);
  for (const more of [{ master_capable: false }, { offline: true }, { drained: true }])
    assert.equal(mayBeCandidate(plainNode(1, more)), false);
});

test('the pool is as large as it may be, and no larger than there are nodes for it', () => {
  const nodes = [plainNode(1), plainNode(2, idle), plainNode(3, idle), plainNode(4, { ...idle, offline: true })];
  assert.deepEqual(
    [1, 2, 3, 4, 10].map((size) => missingCandidates(nodes, size)),
    [0, 1, 2, 2, 2],
  );
  assert.equal(missingCandidates([plainNode(1), plainNode(2)], 1), 0);
});

test('nodes are promoted in the order of their names, those alone that may be', () => {
  const nodes = [plainNode(3, idle), plainNode(2, idle), plainNode(1, { ...idle, drained: true }), plainNode(4)];
  assert.deepEqual(
    nodesToPromote(nodes, 2).map(({ name }) => name),
    ['node2'],
  );
  assert.deepEqual(
    nodesToPromote(nodes, 9).map(({ name }) => name),
    ['node2', 'node3'],
  );
  assert.deepEqual(nodesToPromote(nodes, 1), []);
});

test('after a change the nodes are as before but for the changed one, and the pool is filled from them', () => {
  const config = plainConfig({ nodes: [plainNode(1), plainNode(2, idle), plainNode(3, idle)], instances: [] });
  const changed = plainNode(1, { master_candidate: false, offline: true });
  const after = nodesAfter(config, changed);
  assert.deepEqual(after, [changed, plainNode(2, idle), plainNode(3, idle)]);
  const draft = new PlainDraft(config, {}, new Set());
  fillCandidatePool(draft, after, 1);
  assert.deepEqual(
    [...draft.end().config.nodes.values()].map(({ master_candidate }) => master_candidate),
    [true, true, false],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitStep } from '../../../jobs/index.ts';
import type { Instance, Node } from '../../../model/index.ts';
import { plainConfig, plainInstance, plainNode, plainUuid } from '../../testing/plain-config.ts';
import { PlainDraft } from '../../testing/plain-draft.ts';
import { keepRoomStep, recordNodeStep } from './move-steps.ts';

const [node0, node1, uuid] = [plainUuid(2, 0), plainUuid(2, 1), plainUuid(3, 0)];
const move = { instance: { uuid }, source: node0, target: node1 };

/** Where the instance is and goes to after steps that are done or undone. */
function after(steps: readonly (readonly ['do' | 'undo', CommitStep])[], instance: Partial<Instance> = {}, target: Partial<Node> = {}) {
  const config = plainConfig({ nodes: [plainNode(0), plainNode(1, target)], instances: [plainInstance(0, 0, 1, instance)] });
  const draft = new PlainDraft(config, {}, new Set());
  for (const [what, step] of steps) {
    if (what === 'do') step.commit(draft, {} as never);
    else step.uncommit?.(draft, {} as never);
  }
  const { primary_node, moving_to } = draft.end().config.instances.get(uuid) as Instance;
  return [primary_node, moving_to];
}

test('a move keeps room on its target until it is recorded, and while it is given back', () => {
  const [keep, record] = [keepRoomStep(move), recordNodeStep(move)];
  assert.deepEqual(keep.releases, ['allocation']);
  assert.deepEqual(after([['do', keep]]), [node0, node1]);
  assert.deepEqual(
    after([
      ['do', keep],
      ['undo', keep],
    ]),
    [node0, undefined],
  );
  assert.deepEqual(
    after([
      ['do', keep],
      ['do', record],
    ]),
    [node1, undefined],
  );
  assert.deepEqual(
    after([
      ['do', keep],
      ['do', record],
      ['undo', record],
    ]),
    [node0, node1],
  );
  assert.deepEqual(after([['do', keep]], { primary_node: node1 }), [node1, undefined], 'it is there already');
  for (const [target, code] of [
    [{ offline: true }, 'NODE_OFFLINE'],
    [{ drained: true }, 'NODE_DRAINED'],
    [{ vm_capable: false }, 'NODE_NOT_VM_CAPABLE'],
  ] as const)
    assert.throws(() => after([['do', keep]], {}, target), { code });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallOptions, NodeCaller } from '../../rpc/index.ts';
import { planNodes, stepId, stepNodes } from './step-nodes.ts';

function recorder() {
  const calls: { node: string; method: string; params: unknown; options: CallOptions | undefined }[] = [];
  const nodes = {
    call: async (node: string, method: string, params: unknown, options?: CallOptions) =>
      void calls.push({ node, method, params, options }),
  } as unknown as NodeCaller;
  return { calls, nodes };
}

test('the id of a step names job, opcode and step; undoing has another', () => {
  assert.equal(stepId(7, 0, 'create disk 1'), 'job/7/0/create disk 1');
  assert.equal(stepId(7, 2, 'start', true), 'job/7/2/start/undo');
});

test('calls of a step carry its id, with what the step adds to it, and the trace of the job, and end when the queue stops or the step wants it', async () => {
  const { calls, nodes } = recorder();
  const queue = new AbortController();
  const own = new AbortController();
  const cancel = new AbortController();
  const caller = stepNodes(nodes, 'job/7/0/start', queue.signal, 'the trace', () => cancel.signal);
  const onProgress = () => undefined;
  await caller.call('node1', 'node-info', {});
  await caller.call('node2', 'instance-list', {}, { stepId: 'second', onProgress, signal: own.signal });
  assert.deepEqual(
    calls.map(({ node, method, params, options }) => [node, method, params, options?.stepId, options?.trace, options?.onProgress]),
    [
      ['node1', 'node-info', {}, 'job/7/0/start', 'the trace', undefined],
      ['node2', 'instance-list', {}, 'job/7/0/start:second', 'the trace', onProgress],
    ],
  );
  assert.equal(calls[0]?.options?.signal, queue.signal);
  assert.equal(calls[1]?.options?.signal?.aborted, false);
  own.abort();
  assert.equal(calls[1]?.options?.signal?.aborted, true);
  await caller.call('node2', 'instance-list', {}, { signal: new AbortController().signal });
  queue.abort();
  assert.equal(calls[2]?.options?.signal?.aborted, true);
  await caller.call('node2', 'instance-reset', { uuid: 'u', name: 'web1', hypervisor: 'kvm' });
  assert.deepEqual(
    calls.map(({ options }) => options?.cancel),
    [undefined, undefined, undefined, cancel.signal],
    'only what changes something is told to end when the job is cancelled',
  );
});

test('calls of a plan have no id, only the trace', async () => {
  const { calls, nodes } = recorder();
  const queue = new AbortController();
  const own = new AbortController();
  const caller = planNodes(nodes, queue.signal, 'the trace');
  await caller.call('node1', 'node-info', {});
  for (let call = 0; call < 2; call++) await caller.call('node2', 'instance-list', {}, { signal: own.signal });
  assert.deepEqual(
    calls.map(({ node, method, options }) => [node, method, options && 'stepId' in options, options?.trace]),
    [
      ['node1', 'node-info', false, 'the trace'],
      ['node2', 'instance-list', false, 'the trace'],
      ['node2', 'instance-list', false, 'the trace'],
    ],
  );
  assert.equal(calls[0]?.options?.signal, queue.signal);
  own.abort();
  assert.equal(calls[1]?.options?.signal?.aborted, true);
  const later = planNodes(nodes, queue.signal, 'the trace');
  await later.call('node3', 'node-info', {}, { signal: new AbortController().signal });
  queue.abort();
  assert.equal(calls[3]?.options?.signal?.aborted, true);
});

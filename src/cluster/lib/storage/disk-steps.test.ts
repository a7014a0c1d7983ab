import assert from 'node:assert/strict';
import { it } from 'node:test';
import { GantryError } from '../../../base/index.ts';
import type { StepContext } from '../../../jobs/index.ts';
import type { DiskSpec } from '../../../rpc/index.ts';
import type { Garbage } from '../../garbage.ts';
import { runtimeOfPlain } from '../../testing/perform.ts';
import { plainConfig, plainInstance, plainNode, plainUuid } from '../../testing/plain-config.ts';
import { requireRunning } from '../instances/require-running.ts';
import { isUnreachable } from '../nodes/is-unreachable.ts';
import { diskPlaces } from './disk-places.ts';
import { createDiskSteps, progressOf, removeDiskSteps } from './disk-steps.ts';

const alone = [{ node: 'n0', role: 'primary' }] as const;
const owner = { uuid: plainUuid(3, 0), name: 'web1' };
const disks = [
  { uuid: 'd0', params: {} },
  { uuid: 'd1', params: {} },
] as unknown as DiskSpec[];
const config = plainConfig({ nodes: [plainNode(0), plainNode(1)], instances: [] });
const lost = (code: 'NODE_UNREACHABLE' | 'NODE_TIMED_OUT' | 'NODE_GARBLED') =>
  new GantryError(code, { node: 'n', address: 'a', problem: 'p', method: 'm', seconds: 1 } as never);
const noFolder = new GantryError('STORAGE_DIR_MISSING', { directory: '/srv/file', template: 'file' });

/** What steps do to a node that answers with this. */
function rig(answer?: Error) {
  const [calls, log, left, shown]: [unknown[], string[], Garbage[], unknown[]] = [[], [], [], []];
  const turn = () => new Promise(setImmediate);
  const context = {
    nodes: {
      call: async (node: string, method: string, params: unknown, options: object) => {
        await turn();
        calls.push([node, method, params, Object.keys(options)]);
        if (answer) throw answer;
      },
    },
    log: (text: string) => void log.push(text),
    config,
    progress: (part: number, text: string) => void shown.push([part, text]),
    signal: new AbortController().signal,
  } as unknown as StepContext;
  const garbage = { add: (one: Garbage) => turn().then(() => void left.push(one)), list: async () => [], collect: async () => undefined };
  return { calls, log, left, shown, context, garbage };
}

it('a disk is made by its own step, and undone by removing it', async () => {
  const { calls, context, garbage } = rig();
  const steps = createDiskSteps(alone, disks, owner, garbage);
  assert.deepEqual(
    steps.map(({ title }) => title),
    ['create disk 0', 'create disk 1'],
  );
  await steps[1]?.do(context);
  await steps[0]?.undo?.(context);
  assert.deepEqual(calls, [
    ['n0', 'disk-create', { disk: disks[1], instance: owner }, ['signal', 'onProgress']],
    ['n0', 'disk-remove', { disk: disks[0], instance: owner }, ['signal']],
  ]);
});

it('a disk on two nodes is made on each, in the order of its template, and removed in the opposite one', async () => {
  const { calls, context, garbage } = rig();
  const places = diskPlaces({ disk_template: 'drbd', primary_node: plainUuid(2, 0), secondary_nodes: [plainUuid(2, 1)] });
  const disk = { ...disks[0], dev_type: 'drbd', params: { protocol: 'A' } } as DiskSpec;
  const steps = createDiskSteps(places, [disk, disk], owner, garbage);
  assert.deepEqual(
    steps.map(({ id, title }) => [id, title]),
    [0, 1].flatMap((index) => [
      [`create-disk-${index}-secondary`, `create disk ${index} on the secondary node`],
      [`create-disk-${index}`, `create disk ${index}`],
    ]),
  );
  const removals = removeDiskSteps(places, [disk], owner, garbage, true);
  for (const step of steps.slice(0, 2)) await step.do(context);
  for (const step of steps.slice(0, 2).reverse()) await step.undo?.(context);
  for (const step of removals) await step.do(context);
  const told = calls.map((call) => {
    const [node, method, { disk: sent }] = call as [string, string, { disk: DiskSpec }];
    return [node, method, sent.role, sent.peers, sent.params['protocol'], sent.params['metavg']];
  });
  const [node0, node1] = [plainNode(0), plainNode(1)];
  const on0 = [node0.uuid, 'primary', [{ node: node1.uuid, role: 'secondary', address: node1.secondary_ip }], 'A', 'xenvg'];
  const on1 = [node1.uuid, 'secondary', [{ node: node0.uuid, role: 'primary', address: node0.secondary_ip }], 'A', 'xenvg'];
  const told0 = (method: string) => [on0[0], method, ...on0.slice(1)];
  const told1 = (method: string) => [on1[0], method, ...on1.slice(1)];
  const [made, gone] = ['disk-create', 'disk-remove'];
  assert.deepEqual(told, [told1(made), told0(made), told0(gone), told1(gone), told0(gone), told1(gone)]);

  const unreachable = rig(lost('NODE_UNREACHABLE'));
  for (const step of removeDiskSteps(places, [disk], owner, unreachable.garbage, true)) await step.do(unreachable.context);
  assert.deepEqual(
    unreachable.left.map((one) => [one.node, one.type === 'disk' && one.disk.role]),
    [
      [node0.uuid, 'primary'],
      [node1.uuid, 'secondary'],
    ],
  );
});

it('a disk is removed, or later where that is allowed', async () => {
  const removed = rig();
  const [step] = removeDiskSteps(alone, disks, owner, removed.garbage, false);
  await step?.do(removed.context);
  assert.deepEqual(removed.calls, [['n0', 'disk-remove', { disk: disks[0], instance: owner }, ['signal', 'onProgress']]]);
  for (const code of ['NODE_UNREACHABLE', 'NODE_TIMED_OUT', 'NODE_GARBLED'] as const) {
    const now = rig(lost(code));
    await assert.rejects(async () => removeDiskSteps(alone, disks, owner, now.garbage, false)[0]?.do(now.context), { code });
    const later = rig(lost(code));
    await removeDiskSteps(alone, disks, owner, later.garbage, true)[0]?.do(later.context);
    assert.deepEqual(later.left, [{ type: 'disk', node: 'n0', disk: disks[0], owner }]);
    assert.deepEqual(later.log, ['Node cannot be reached; disk d0 is removed when it answers again.']);
  }
  const refused = rig(noFolder);
  await assert.rejects(async () => removeDiskSteps(alone, disks, owner, refused.garbage, true)[0]?.do(refused.context), {
    code: 'STORAGE_DIR_MISSING',
  });
});

it('the undoing of a disk that was never made succeeds', async () => {
  const undo = async (answer: Error) => {
    const made = rig(answer);
    await createDiskSteps(alone, disks, owner, made.garbage)[0]?.undo?.(made.context);
    return [made.left.length, made.log];
  };
  assert.deepEqual(await undo(noFolder), [1, [`Nothing is there to be undone: ${noFolder.message}`]]);
  const template = new GantryError('STORAGE_TEMPLATE_UNSUPPORTED', { template: 'file' });
  assert.deepEqual(await undo(template), [0, [`Nothing is there to be undone: ${template.message}`]]);
  assert.equal((await undo(lost('NODE_UNREACHABLE')))[0], 1);
  for (const error of [
    new GantryError('NODE_OFFLINE', { name: 'n' }),
    new TypeError('a defect'),
    Object.assign(new Error('x'), { code: 'STORAGE_DIR_MISSING' }),
    Object.assign(new Error('x'), { code: 'STORAGE_TEMPLATE_UNSUPPORTED' }),
  ])
    await assert.rejects(undo(error), error);
});

it('progress is passed on, from nothing on', () => {
  const { context, shown } = rig();
  const { onProgress, signal } = progressOf(context);
  onProgress({ text: 'a' });
  onProgress({ text: 'b', fraction: 0.25 });
  assert.deepEqual(
    [shown, signal],
    [
      [
        [0, 'a'],
        [0.25, 'b'],
      ],
      context.signal,
    ],
  );
});

it('a node is out of reach by what the calls say, and by nothing that looks like it', () => {
  for (const code of ['NODE_UNREACHABLE', 'NODE_TIMED_OUT', 'NODE_GARBLED'] as const) assert.ok(isUnreachable(lost(code)));
  for (const error of [noFolder, undefined, 'NODE_UNREACHABLE', Object.assign(new Error('x'), { code: 'NODE_UNREACHABLE' })])
    assert.ok(!isUnreachable(error));
});

it('an instance that does not run is told with its node', async () => {
  const config = plainConfig({ nodes: [plainNode(0)], instances: [] });
  const on = (runs: object[]) => ({ config, nodes: { call: async () => runs }, signal: new AbortController().signal }) as never;
  const instance = plainInstance(0, 0, 1);
  const facts = (node: string) => ({ code: 'INSTANCE_NOT_RUNNING', facts: { name: 'instance0', node } });
  await assert.rejects(requireRunning(on([]), instance), facts('node0'));
  await assert.rejects(requireRunning(on([runtimeOfPlain(0, 'crashed')]), { ...instance, primary_node: 'gone' }), facts('gone'));
  assert.equal((await requireRunning(on([runtimeOfPlain(5), runtimeOfPlain(0, 'paused')]), instance)).state, 'paused');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instance, Node } from '../../../model/index.ts';
import type { InstanceRuntime, NodeInfo } from '../../../rpc/index.ts';
import type { View } from '../../view.ts';
import { liveInstance } from './live-instance.ts';

interface Situation {
  readonly admin: Instance['admin_state'];
  readonly nodeOffline?: boolean;
  /** The report of the primary node: there, too old, or none. */
  readonly report?: 'fresh' | 'stale' | 'none';
  /** Where it was seen, and in which state. */
  readonly seen?: { readonly node: 'primary' | 'other'; readonly state: InstanceRuntime['state'] };
}

function statusOf({ admin, nodeOffline = false, report = 'fresh', seen }: Situation) {
  const instance = { uuid: 'i', primary_node: 'primary', admin_state: admin } as Instance;
  const runtime = { memory: 128, vcpus: 1, state: seen?.state } as InstanceRuntime;
  const view = {
    config: { nodes: { get: () => ({ offline: nodeOffline }) as Node } },
    live: {
      node: () => (report === 'none' ? undefined : { info: {} as NodeInfo, at: 0, stale: report === 'stale' }),
      instance: () => seen && { runtime, node: seen.node, at: 0 },
    },
  } as unknown as View;
  const { status, running } = liveInstance(instance, view);
  return [status, running];
}

const here = { node: 'primary', state: 'running' } as const;
const elsewhere = { node: 'other', state: 'running' } as const;

const cases: [Situation, [string, boolean | undefined]][] = [
  [{ admin: 'up', seen: here }, ['running', true]],
  [{ admin: 'up', seen: { node: 'primary', state: 'paused' } }, ['running', true]],
  [{ admin: 'up' }, ['ERROR_down', false]],
  [{ admin: 'up', seen: { node: 'primary', state: 'crashed' } }, ['ERROR_down', false]],
  [{ admin: 'down' }, ['ADMIN_down', false]],
  [{ admin: 'down', seen: here }, ['ERROR_up', true]],
  [{ admin: 'offline' }, ['ADMIN_offline', false]],
  [{ admin: 'offline', seen: here }, ['ERROR_up', true]],
  [{ admin: 'up', seen: elsewhere }, ['ERROR_wrongnode', true]],
  [{ admin: 'up', seen: elsewhere, report: 'stale' }, ['ERROR_wrongnode', true]],
  [{ admin: 'up', seen: { node: 'other', state: 'migrating-in' } }, ['ERROR_down', false]],
  [{ admin: 'up', seen: here, report: 'stale' }, ['ERROR_nodedown', undefined]],
  [{ admin: 'down', report: 'none' }, ['ERROR_nodedown', undefined]],
  [{ admin: 'up', seen: here, nodeOffline: true }, ['ERROR_nodeoffline', undefined]],
];
for (const [situation, expected] of cases) {
  test(`${JSON.stringify(situation)} is ${expected[0]}`, () => assert.deepEqual(statusOf(situation), expected));
}

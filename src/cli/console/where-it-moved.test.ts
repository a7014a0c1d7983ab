import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row } from '../connect/cluster-client.ts';
import { whereItMoved } from './where-it-moved.ts';

/** What the cluster tells at each look; the last one stays. */
async function look(...rows: readonly (Row | undefined)[]): Promise<readonly [node: string | undefined, ms: number]> {
  let now = 0;
  let next = 0;
  const clock = { now: () => now, sleep: async (ms: number) => void (now += ms) };
  const one = async () => {
    const row = rows[Math.min(next++, rows.length - 1)];
    if (!row) throw new Error('no answer');
    return row;
  };
  return [await whereItMoved({ one }, clock, { instance: 'web1', from: 'node1' }), now];
}
const row = (pnode: string, oper_state: boolean | null, admin_state = 'up'): Row => ({ pnode, oper_state, admin_state });

test('an instance that runs on another node now has moved there, even if it takes a moment to be recorded', async () => {
  assert.deepEqual(await look(row('node2', true)), ['node2', 0]);
  assert.deepEqual(await look(row('node1', false), row('node2', null), row('node2', true)), ['node2', 500]);
});

test('one that stopped, stays or cannot be asked after has not', async () => {
  assert.deepEqual(await look(row('node1', false, 'down')), [undefined, 0]);
  assert.deepEqual(await look(undefined), [undefined, 0]);
  assert.deepEqual(await look(row('node1', true), undefined), [undefined, 250]);
  for (const stays of [row('node1', false), row('node1', true), row('node2', false)])
    assert.deepEqual(await look(stays), [undefined, 5000]);
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { GantryError } from '../../../base/index.ts';
import type { CommitStep, StepContext, WorldStep } from '../../../jobs/index.ts';
import type { Disk, Instance } from '../../../model/index.ts';
import { plainConfig, plainInstance, plainNode, plainUuid } from '../../testing/plain-config.ts';
import { PlainDraft } from '../../testing/plain-draft.ts';
import { settleSteps, unsettledDisks } from './settle-disks.ts';

const uuid = plainUuid(3, 0);
const named = (number: number, fields: Partial<Disk> = {}): Disk => {
  const disk = plainUuid(4, number);
  return {
    ...{ uuid: disk, name: null, dev_type: 'file', size: 1, mode: 'rw', format: 'raw', params: {} },
    logical_id: ['loop', `web1/${disk}.raw`],
    ...fields,
  };
};
const instance = (...disks: Disk[]): Instance => ({ ...plainInstance(0, 0, 1), uuid, name: 'web1', disks });

it('disks are unsettled whose folder has another name than the UUID, and whose file has the name that we give', () => {
  const shared = named(1, { dev_type: 'sharedfile', logical_id: ['loop', `/srv/shared/web1/${plainUuid(4, 1)}.raw`] });
  const found = unsettledDisks(
    instance(
      named(0),
      shared,
      named(2, { logical_id: ['loop', `${uuid}/${plainUuid(4, 2)}.raw`] }),
      named(3, { logical_id: [] }),
      named(4, { logical_id: ['loop', 'web1/imported.raw'] }),
      named(5, { dev_type: 'plain', logical_id: ['xenvg', 'web1'] }),
    ),
  );
  assert.deepEqual(
    Object.entries(found ?? {}).map(([disk, { to }]) => [disk, to]),
    [
      [plainUuid(4, 0), ['loop', `${uuid}/${plainUuid(4, 0)}.raw`]],
      [plainUuid(4, 1), ['loop', `/srv/shared/${uuid}/${plainUuid(4, 1)}.raw`]],
    ],
  );
  assert.equal(unsettledDisks(instance(named(3, { logical_id: [] }))), undefined);
  assert.deepEqual(settleSteps(instance(), undefined), []);
});

/** Both steps, on a node that answers with this for each disk. */
async function settle(own: Instance, answer: (disk: string) => void) {
  const calls: unknown[] = [];
  const log: string[] = [];
  const [move, record] = settleSteps(own, unsettledDisks(own)) as [WorldStep, CommitStep];
  const context = {
    nodes: {
      call: async (...[where, method, params]: [string, string, { disk: Disk; logical_id: unknown }]) => {
        calls.push([where, method, params.disk.uuid, params.logical_id]);
        answer(params.disk.uuid);
      },
    },
    log: (text: string) => void log.push(text),
    signal: new AbortController().signal,
  } as unknown as StepContext;
  const outcome = await move.do(context);
  const draft = new PlainDraft(plainConfig({ nodes: [plainNode(0)], instances: [own] }), {}, new Set());
  record.commit(draft, { outcomes: { 'settle-disks': outcome } } as never);
  return { calls, log, places: draft.need('instance', own.uuid).disks.map(({ logical_id }) => logical_id[1]) };
}

it('what the node has moved is recorded, and nothing else', async () => {
  const own = instance(named(0), named(1), named(2, { logical_id: [] }));
  const both = await settle(own, () => undefined);
  const path = (number: number) => `${uuid}/${plainUuid(4, number)}.raw`;
  assert.deepEqual(
    both.calls,
    [0, 1].map((number) => [own.primary_node, 'disk-rename', plainUuid(4, number), ['loop', path(number)]]),
  );
  assert.deepEqual(both.places, [path(0), path(1), undefined]);

  const one = await settle(own, (disk) => {
    if (disk === plainUuid(4, 0)) throw new GantryError('STORAGE_DISK_BUSY', { disk, path: '/x' });
  });
  assert.deepEqual(one.places, [`web1/${plainUuid(4, 0)}.raw`, path(1), undefined]);
  assert.match(one.log.join(), /^Disk .* stays where it is: Disk .* is in use\.$/);

  const agentOfBefore = await settle(own, () => {
    throw new GantryError('RPC_METHOD_UNKNOWN', { method: 'disk-rename' });
  });
  assert.deepEqual(agentOfBefore.places, [`web1/${plainUuid(4, 0)}.raw`, `web1/${plainUuid(4, 1)}.raw`, undefined]);
});

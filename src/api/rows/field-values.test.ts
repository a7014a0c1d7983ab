import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { validate } from '../../model/index.ts';
import { kinds, osKind, toPlain, type View } from '../../query/index.ts';
import { type ApiRig, startApiRig, writer } from '../testing/api-rig.ts';

let rig: ApiRig;
before(async () => {
  rig = await startApiRig();
});
after(() => rig.close());

const os = { name: 'debian', path: '/os', valid: true, problem: null, api_versions: [20], variants: ['a'], parameters: [['dhcp', 'yes']] };

async function jobEnds(...ops: object[]): Promise<void> {
  const { body: id } = await rig.client.send('POST', '/2/jobs', { user: writer, body: { ops } });
  for (let status = ''; !['success', 'error'].includes(status); ) {
    const { body } = await rig.client.send('GET', `/2/jobs/${id}`, { user: writer });
    status = (body as { status: string }).status;
  }
}

test('every value of every object fits the schema of its field', async () => {
  await jobEnds({ OP_ID: 'OP_TEST_DELAY', duration: 0 });
  await jobEnds({ OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'no-such-instance' }, { OP_ID: 'OP_TEST_DELAY', duration: 0 });
  await rig.client.send('POST', '/2/jobs', {
    user: writer,
    body: { ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 30, on_nodes: ['node1'] }] },
  });
  const { config, live, jobs } = rig.services;
  const view: View = { config: config.current, live, jobs };
  for (const kind of kinds.values()) {
    const items = kind.name === osKind.name ? [os] : kind.items(view);
    assert.ok(items.length > 0 || kind.name === 'filter', kind.name);
    for (const item of items)
      for (const { name, schema, get } of kind.fields) validate(schema, toPlain(get(item, view)), `${kind.name} ${name}`);
  }
});

test('only what says so looks at reports and jobs', () => {
  const { config, live, jobs } = rig.services;
  const view: View = { config: config.current, live, jobs };
  const blind = { config: config.current } as View;
  const unseen = { config: { cluster: config.current.cluster } } as View;
  for (const kind of kinds.values()) {
    for (const item of kind.name === osKind.name ? [os] : kind.items(view)) {
      for (const { name, source, get } of kind.fields) {
        if (source === 'live') continue;
        const value = get(item, view);
        assert.deepEqual(get(item, blind), value, `${kind.name} ${name}`);
        if (source === 'stored') assert.deepEqual(get(item, unseen), value, `${kind.name} ${name}`);
      }
    }
  }
});

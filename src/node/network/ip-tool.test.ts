import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createIpTool } from './ip-tool.ts';

it('lists no empty objects, which ip prints for a kind of link whose kernel module is not loaded', async () => {
  const printing = (text: string) => createIpTool(['sh', '-c', `echo '${text}'`, 'sh']);
  assert.deepEqual(await printing('[{},{},{"ifname":"veth0"},{}]').list('link', 'show', 'type', 'veth'), [{ ifname: 'veth0' }]);
  assert.deepEqual(await printing('[{},{}]').list('link', 'show', 'type', 'veth'), []);
  assert.equal(await printing('').readLink('veth0'), null);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Network } from '../../../model/index.ts';
import { plainConfig, plainInstance, plainLive, plainNode, plainUuid } from '../../testing/plain-config.ts';
import { missingLink, neededLinks } from './node-links.ts';

const lan: Network = {
  uuid: plainUuid(9, 0),
  name: 'lan',
  ctime: 1,
  mtime: 1,
  serial_no: 1,
  tags: [],
  network: '10.0.0.0/24',
  gateway: null,
  mac_prefix: null,
  external_reservations: [],
  groups: { [plainUuid(1, 0)]: { mode: 'bridged', link: 'br7', vlan: '' } },
};
const nic = (network: string | null, nicparams = {}) => ({
  uuid: plainUuid(5, 0),
  name: null,
  mac: 'aa:00:00:00:00:01',
  ip: null,
  network,
  nicparams,
});
const config = plainConfig({
  nodes: [plainNode(0), plainNode(1, { vm_capable: false })],
  networks: [lan],
  instances: [plainInstance(0, 0, 1, { nics: [nic(null, { mode: 'openvswitch', link: 'sw0' }), nic(null, { mode: 'routed', link: '' })] })],
});
const [first, second] = [...config.nodes.values()];

test('a node needs what its instances and the networks of its group are connected to', () => {
  assert.ok(first && second);
  assert.deepEqual(neededLinks(config, first), { bridges: ['br7'], switches: ['sw0'] });
  assert.deepEqual(neededLinks(config, second), { bridges: [], switches: [] });
});

test('what a node has not is told by its report alone', () => {
  assert.ok(first);
  const problem = (info: object, ...nics: ReturnType<typeof nic>[]) => missingLink(config, plainLive({ [first.uuid]: info }), first, nics);
  assert.equal(problem({ bridges: ['br7'], switches: [] }, nic(lan.uuid)), null);
  assert.equal(problem({ bridges: ['br0'], switches: [] }, nic(lan.uuid)), 'it has no bridge br7');
  assert.equal(problem({ bridges: ['br7'], switches: [] }, nic(lan.uuid), nic(null)), 'it has no bridge br0');
  assert.equal(problem({ bridges: ['sw0'], switches: [] }, nic(null, { mode: 'openvswitch', link: 'sw0' })), 'it has no Open vSwitch sw0');
  assert.equal(problem({ bridges: [], switches: ['sw0'] }, nic(null, { mode: 'openvswitch', link: 'sw0' })), null);
  assert.equal(problem({ bridges: [], switches: [] }, nic(null, { mode: 'routed', link: '100' })), null);
  assert.equal(problem({}, nic(lan.uuid)), null, 'an agent of an earlier version does not tell');
});

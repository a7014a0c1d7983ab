import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Nicparams, nicparamsProblem, routingTable } from './nicparams.ts';

const problem = (mode: Nicparams['mode'], link: string, vlan = ''): string | null => nicparamsProblem({ mode, link, vlan });

test('a bridge or a switch is named, and never by an option', () => {
  for (const mode of ['bridged', 'openvswitch'] as const) {
    for (const link of ['br0', 'vm-br.1', '_x:1', 'a'.repeat(15)]) assert.equal(problem(mode, link), null, link);
    assert.equal(problem(mode, ''), `a NIC of mode ${mode} needs a link`);
    for (const link of ['-br0', 'a'.repeat(16), 'a/b', 'a b'])
      assert.equal(problem(mode, link), `"${link}" is not the name of a device or a table`);
  }
});

test('a routing table is a number or a name, and none of those that the kernel keeps', () => {
  for (const link of ['', '1', '100', '254', '999999999', 'main', 'my-table.1']) assert.equal(problem('routed', link), null, link);
  for (const link of ['0', '253', '255', 'local', 'default', 'unspec', 'all', 'cache']) {
    const said = problem('routed', link);
    const isNumber = /^0/.test(link);
    assert.equal(
      said,
      isNumber ? `"${link}" is neither the number nor the name of a routing table` : `the routing table "${link}" belongs to the kernel`,
    );
  }
  for (const link of ['01', '1234567890', '_x', '1a', 'a:1'])
    assert.equal(problem('routed', link), `"${link}" is neither the number nor the name of a routing table`);
  assert.equal(problem('bridged', 'local'), null, 'a bridge may be called so');
});

test('VLANs are for switches, numbered 1 to 4094', () => {
  for (const vlan of ['', '.5', ':5:6', '.5:6:7', '.1', '.4094', '5']) assert.equal(problem('openvswitch', 'sw0', vlan), null, vlan);
  for (const vlan of ['.0', '.4095', '.5:0', ':4095', ':5:4096'])
    assert.equal(problem('openvswitch', 'sw0', vlan), `"${vlan}" has a VLAN that is not 1 to 4094`);
  for (const vlan of ['5.6', ':5.6', '.5:', '.12345', '..5', 'x'])
    assert.equal(problem('openvswitch', 'sw0', vlan), `"${vlan}" is not of the form ".5", ":5:6" or ".5:6:7"`);
  for (const mode of ['bridged', 'routed'] as const)
    assert.equal(problem(mode, 'br0', '.5'), `a VLAN can be set for NICs of mode openvswitch only, not ${mode}`);
});

test('no table and the number of main are main', () => {
  assert.deepEqual(['', '254', '100', 'main', 'lan'].map(routingTable), ['main', 'main', '100', 'main', 'lan']);
});

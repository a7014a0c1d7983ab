import { Type } from 'typebox';
import { Name } from '../../objects/common.ts';
import { NicLink, NicVlan, nicModes } from '../../params/nicparams.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { networkArgument } from './network-name.ts';

export const networkConnect = defineOpcode({
  id: 'OP_NETWORK_CONNECT',
  summary: 'Make a network usable in a node group',
  subject: 'network_name',
  params: {
    network_name: Name,
    group_name: Name,
    network_mode: Type.Enum(nicModes),
    network_link: NicLink,
    network_vlan: Type.Optional(NicVlan),
    conflicts_check: Type.Optional(
      Type.Boolean({ description: 'Refuse if instances of the group have addresses of the network without a NIC in it; default true' }),
    ),
  },
  result: Type.Null(),
  touches: (params) => [
    { kind: 'group', name: params.group_name, mode: 'shared' },
    { kind: 'network', name: params.network_name, mode: 'exclusive' },
  ],
  dryRun: true,
  permission: 'network:connect',
  cli: {
    command: ['network', 'connect'],
    args: [
      networkArgument,
      { param: 'group_name', help: 'node group', complete: 'group' },
      { param: 'network_mode', help: 'bridged, routed or openvswitch' },
      { param: 'network_link', help: 'bridge, routing table or switch' },
    ],
    flags: {
      network_vlan: { flags: '--vlan <vlan>', help: 'VLAN for mode openvswitch: ".5" untagged, ":5:6" tagged' },
      conflicts_check: { flags: '--no-conflicts-check', help: 'even if instances outside the network have addresses of it' },
    },
    examples: ['gantry network connect lan default bridged br0'],
  },
  rest: [{ method: 'PUT', path: '/2/networks/{network_name}/connect', body: true, query: dryRunQuery }],
  ganeti: { defaults: { network_vlan: '', conflicts_check: true } },
});

import { Type } from 'typebox';
import { MacPrefix, Name, NewName, Tag } from '../objects/common.ts';
import { NicLink, NicVlan, nicModes } from '../params/nicparams.ts';
import { defineOpcode } from './define-opcode.ts';

const byName = [{ param: 'network_name', help: 'network' }] as const;
const dryRunQuery = { 'dry-run': 'dry_run' } as const;

export const networkAdd = defineOpcode({
  id: 'OP_NETWORK_ADD',
  summary: 'Create an IP network, a pool of addresses for instances',
  subject: 'network_name',
  params: {
    network_name: NewName,
    network: Type.String({ description: 'IPv4 network, e.g. 10.1.0.0/24' }),
    gateway: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    network6: Type.Optional(Type.Union([Type.String({ description: 'IPv6 network, e.g. 2001:db8:1::/64' }), Type.Null()])),
    gateway6: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    mac_prefix: Type.Optional(Type.Union([MacPrefix, Type.Null()])),
    add_reserved_ips: Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()])),
    conflicts_check: Type.Optional(Type.Boolean({ description: 'Refuse a gateway that an instance has as its address; default true' })),
    tags: Type.Optional(Type.Array(Tag)),
  },
  result: Type.Null(),
  touches: (params) => [{ kind: 'network', name: params.network_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'network:add',
  cli: {
    command: ['network', 'add'],
    args: [{ param: 'network_name', help: 'name of the new network' }],
    flags: {
      network: { flags: '--network <cidr>', help: 'e.g. 10.1.0.0/24' },
      gateway: { flags: '--gateway <address>', help: 'router of the network' },
      network6: { flags: '--network6 <cidr>', help: 'IPv6 network, e.g. 2001:db8:1::/64' },
      gateway6: { flags: '--gateway6 <address>', help: 'IPv6 router of the network' },
      mac_prefix: { flags: '-m, --mac-prefix <prefix>', help: 'first half of the MAC addresses, e.g. aa:00:01' },
      add_reserved_ips: {
        flags: '--add-reserved-ips <list>',
        help: 'addresses that are never assigned, separated by commas',
        parse: 'list',
      },
    },
  },
  rest: [{ method: 'POST', path: '/2/networks', body: true, query: dryRunQuery }],
});

export const networkRemove = defineOpcode({
  id: 'OP_NETWORK_REMOVE',
  summary: 'Remove an unused network',
  subject: 'network_name',
  params: { network_name: Name, force: Type.Optional(Type.Boolean()) },
  result: Type.Null(),
  touches: (params) => [{ kind: 'network', name: params.network_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'network:remove',
  cli: {
    command: ['network', 'remove'],
    args: byName,
    flags: { force: { flags: '-f, --force', help: 'even if groups are connected to it' } },
  },
  rest: [{ method: 'DELETE', path: '/2/networks/{network_name}', body: true, query: dryRunQuery }],
});

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
      ...byName,
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
});

export const networkDisconnect = defineOpcode({
  id: 'OP_NETWORK_DISCONNECT',
  summary: 'Disconnect a network from a node group',
  subject: 'network_name',
  params: { network_name: Name, group_name: Name },
  result: Type.Null(),
  touches: (params) => [
    { kind: 'group', name: params.group_name, mode: 'shared' },
    { kind: 'network', name: params.network_name, mode: 'exclusive' },
  ],
  dryRun: true,
  permission: 'network:disconnect',
  cli: { command: ['network', 'disconnect'], args: [...byName, { param: 'group_name', help: 'node group', complete: 'group' }] },
  rest: [{ method: 'PUT', path: '/2/networks/{network_name}/disconnect', body: true, query: dryRunQuery }],
});

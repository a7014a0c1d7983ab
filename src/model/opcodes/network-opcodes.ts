import { Type } from 'typebox';
import { Name, Tag } from '../objects/common.ts';
import { nicModes } from '../params/nicparams.ts';
import { defineOpcode } from './define-opcode.ts';

const byName = [{ param: 'network_name', help: 'network' }] as const;
const dryRunQuery = { 'dry-run': 'dry_run' } as const;

export const networkAdd = defineOpcode({
  id: 'OP_NETWORK_ADD',
  summary: 'Create an IP network, a pool of addresses for instances',
  subject: 'network_name',
  params: {
    network_name: Name,
    network: Type.String({ description: 'IPv4 network, e.g. 10.1.0.0/24' }),
    gateway: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    mac_prefix: Type.Optional(Type.Union([Type.String({ pattern: '^[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}$' }), Type.Null()])),
    add_reserved_ips: Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()])),
    conflicts_check: Type.Optional(Type.Boolean()),
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
  rest: [{ method: 'DELETE', path: '/2/networks/{network_name}', body: false, query: dryRunQuery }],
});

export const networkConnect = defineOpcode({
  id: 'OP_NETWORK_CONNECT',
  summary: 'Make a network usable in a node group',
  subject: 'network_name',
  params: {
    network_name: Name,
    group_name: Name,
    network_mode: Type.Enum(nicModes),
    network_link: Type.String({ pattern: '^[a-zA-Z0-9_.:-]{0,15}$' }),
    network_vlan: Type.Optional(Type.String()),
    conflicts_check: Type.Optional(Type.Boolean()),
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
      { param: 'network_mode', help: 'bridged or routed' },
      { param: 'network_link', help: 'bridge or routing table' },
    ],
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

import { Type } from 'typebox';
import { MacPrefix, NewName, Tag } from '../../objects/common.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';

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
  ganeti: {
    defaults: {
      gateway: null,
      network6: null,
      gateway6: null,
      mac_prefix: null,
      add_reserved_ips: null,
      conflicts_check: true,
      tags: [],
    },
  },
});

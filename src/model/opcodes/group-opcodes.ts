import { Type } from 'typebox';
import { Name, NewName, OptionalUuids } from '../objects/common.ts';
import { DiskparamsChange, DiskparamsPartial } from '../params/diskparams.ts';
import { IpolicyChange, IpolicyPartial } from '../params/ipolicy.ts';
import { NdparamsChange, NdparamsPartial } from '../params/ndparams.ts';
import { defineOpcode } from './define-opcode.ts';

const byName = [{ param: 'group_name', help: 'node group', complete: 'group' }] as const;
const allocPolicy = Type.Enum(['preferred', 'last_resort', 'unallocable'], { description: 'Whether placement may use the group' });
const dryRunQuery = { 'dry-run': 'dry_run' } as const;

const groupParams = {
  alloc_policy: Type.Optional(allocPolicy),
  ndparams: Type.Optional(NdparamsPartial),
  ipolicy: Type.Optional(IpolicyPartial),
  diskparams: Type.Optional(DiskparamsPartial),
};
const groupChanges = {
  alloc_policy: Type.Optional(allocPolicy),
  ndparams: Type.Optional(NdparamsChange),
  ipolicy: Type.Optional(IpolicyChange),
  diskparams: Type.Optional(DiskparamsChange),
};
/** A client that read a group may send back what it read under these names. */
const customNames = { custom_ndparams: 'ndparams', custom_ipolicy: 'ipolicy', custom_diskparams: 'diskparams' } as const;
const groupFlags = {
  alloc_policy: { flags: '--alloc-policy <policy>', help: 'preferred, last_resort, unallocable' },
  ndparams: { flags: '--node-parameters <key=value…>', help: 'ndparams for the nodes of the group', parse: 'keyValues' },
  ipolicy: { flags: '--ipolicy <key=value…>', help: 'members of the instance policy: vcpu-ratio=4,memory-ratio=1.5', parse: 'keyValues' },
} as const;

export const groupAdd = defineOpcode({
  id: 'OP_GROUP_ADD',
  summary: 'Create a node group',
  subject: 'group_name',
  params: { group_name: NewName, ...groupParams },
  result: Type.Null(),
  touches: (params) => [{ kind: 'group', name: params.group_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'group:add',
  cli: { command: ['group', 'add'], args: [{ param: 'group_name', help: 'name of the new group' }], flags: groupFlags },
  rest: [{ method: 'POST', path: '/2/groups', body: true, query: dryRunQuery, aliases: { name: 'group_name' } }],
});

export const groupSetParams = defineOpcode({
  id: 'OP_GROUP_SET_PARAMS',
  summary: 'Change the parameters of a node group',
  subject: 'group_name',
  params: { group_name: Name, ...groupChanges },
  result: Type.Array(Type.Tuple([Type.String(), Type.Unknown()])),
  touches: (params) => [{ kind: 'group', name: params.group_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'group:modify',
  cli: { command: ['group', 'modify'], args: byName, flags: groupFlags },
  rest: [{ method: 'PUT', path: '/2/groups/{group_name}/modify', body: true, query: dryRunQuery, aliases: customNames }],
});

export const groupRename = defineOpcode({
  id: 'OP_GROUP_RENAME',
  summary: 'Rename a node group',
  subject: 'group_name',
  params: { group_name: Name, new_name: NewName },
  result: Type.String(),
  touches: (params) => [{ kind: 'group', name: params.group_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'group:rename',
  cli: { command: ['group', 'rename'], args: [...byName, { param: 'new_name', help: 'new name' }] },
  rest: [{ method: 'PUT', path: '/2/groups/{group_name}/rename', body: true, query: dryRunQuery }],
});

export const groupAssignNodes = defineOpcode({
  id: 'OP_GROUP_ASSIGN_NODES',
  summary: 'Move nodes into a node group',
  subject: 'group_name',
  params: { group_name: Name, nodes: Type.Array(Name, { minItems: 1 }), node_uuids: OptionalUuids, force: Type.Optional(Type.Boolean()) },
  result: Type.Null(),
  touches: (params) => [
    { kind: 'group', name: params.group_name, mode: 'exclusive' },
    ...params.nodes.map((name) => ({ kind: 'node', name, mode: 'exclusive' }) as const),
  ],
  dryRun: true,
  permission: 'group:assign-nodes',
  cli: {
    command: ['group', 'assign-nodes'],
    args: [...byName, { param: 'nodes', help: 'nodes to move', complete: 'node', variadic: true }],
    flags: { force: { flags: '-f, --force', help: 'even if instances then have nodes in two groups' } },
  },
  rest: [{ method: 'PUT', path: '/2/groups/{group_name}/assign-nodes', body: true, query: { ...dryRunQuery, force: 'force' } }],
});

export const groupRemove = defineOpcode({
  id: 'OP_GROUP_REMOVE',
  summary: 'Remove an empty node group',
  subject: 'group_name',
  params: { group_name: Name },
  result: Type.Null(),
  touches: (params) => [{ kind: 'group', name: params.group_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'group:remove',
  cli: { command: ['group', 'remove'], args: byName },
  rest: [{ method: 'DELETE', path: '/2/groups/{group_name}', body: false, query: dryRunQuery }],
});

import { Type } from 'typebox';
import { Name, NewName, OptionalUuid } from '../objects/common.ts';
import { SignedCertificateRecord } from '../objects/node.ts';
import { NdparamsChange, NdparamsPartial } from '../params/ndparams.ts';
import { defineOpcode } from './define-opcode.ts';

const nodeName = { node_name: Name, node_uuid: OptionalUuid };
const byName = [{ param: 'node_name', help: 'node', complete: 'node' }] as const;

export const nodeAdd = defineOpcode({
  id: 'OP_NODE_ADD',
  summary: 'Register a node that has joined with a token',
  subject: 'node_name',
  params: {
    node_name: NewName,
    primary_ip: Type.String(),
    secondary_ip: Type.Optional(Type.String()),
    agent_port: Type.Integer({ minimum: 1, maximum: 65535 }),
    group: Type.Optional(Name),
    master_capable: Type.Optional(Type.Boolean()),
    vm_capable: Type.Optional(Type.Boolean()),
    ndparams: Type.Optional(NdparamsPartial),
    certificate_fingerprint: Type.String(),
    certificates: Type.Optional(Type.Array(Type.Object(SignedCertificateRecord.properties, { additionalProperties: false }))),
  },
  result: Type.Null(),
  touches: (params) => [{ kind: 'node', name: params.node_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'node:add',
});

export const nodeSetParams = defineOpcode({
  id: 'OP_NODE_SET_PARAMS',
  summary: 'Change the role or the parameters of a node',
  subject: 'node_name',
  params: {
    ...nodeName,
    master_candidate: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    offline: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    drained: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    master_capable: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    vm_capable: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
    auto_promote: Type.Optional(Type.Boolean({ description: 'Make other nodes master candidates if the pool would be too small' })),
    force: Type.Optional(Type.Boolean()),
    ndparams: Type.Optional(Type.Union([NdparamsChange, Type.Null()])),
  },
  result: Type.Array(Type.Tuple([Type.String(), Type.Unknown()]), { description: 'Changed parameters with their new values' }),
  touches: (params) => [{ kind: 'node', name: params.node_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'node:modify',
  cli: {
    command: ['node', 'modify'],
    args: byName,
    flags: {
      master_candidate: { flags: '-C, --master-candidate <yes|no>', help: 'may lead the cluster' },
      drained: { flags: '-D, --drained <yes|no>', help: 'gets no new instances' },
      offline: { flags: '-O, --offline <yes|no>', help: 'is not contacted' },
      master_capable: { flags: '--master-capable <yes|no>', help: 'may become a master candidate' },
      vm_capable: { flags: '--vm-capable <yes|no>', help: 'may run instances' },
      ndparams: { flags: '--node-parameters <key=value…>', help: 'ndparams', parse: 'keyValues' },
      force: { flags: '-f, --force', help: 'even if too few master candidates are left' },
    },
  },
  rest: [{ method: 'POST', path: '/2/nodes/{node_name}/modify', body: true, query: { 'dry-run': 'dry_run' } }],
});

export const nodeEvacuate = defineOpcode({
  id: 'OP_NODE_EVACUATE',
  summary: 'Submit jobs that move all instances away from a node',
  subject: 'node_name',
  params: {
    ...nodeName,
    mode: Type.Optional(Type.Enum(['primary-only', 'secondary-only', 'all'], { description: 'Which instances leave; default all' })),
    remote_node: Type.Optional(
      Type.Union([Name, Type.Null()], { description: 'Target node for all instances; default: chosen by placement' }),
    ),
    remote_node_uuid: OptionalUuid,
    iallocator: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    early_release: Type.Optional(Type.Boolean()),
    ignore_soft_errors: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  },
  result: Type.Object(
    { jobs: Type.Array(Type.Tuple([Type.Boolean(), Type.Union([Type.Integer(), Type.String()])])) },
    { description: 'The submitted jobs; false and the reason for each instance that stays' },
  ),
  touches: (params) => [
    { kind: 'allocation', name: 'allocation', mode: 'exclusive' },
    { kind: 'node', name: params.node_name, mode: 'shared' },
  ],
  dryRun: true,
  permission: 'node:evacuate',
  cli: {
    command: ['node', 'evacuate'],
    args: byName,
    flags: {
      mode: { flags: '--mode <mode>', help: 'primary-only, secondary-only or all' },
      remote_node: {
        flags: '-n, --new-node <node>',
        help: 'target node for all instances; default: chosen by placement',
        complete: 'node',
      },
    },
    examples: ['gantry node evacuate node3 --dry-run', 'gantry node evacuate node3'],
  },
  rest: [{ method: 'POST', path: '/2/nodes/{node_name}/evacuate', body: true, query: { 'dry-run': 'dry_run' } }],
});

export const nodeRemove = defineOpcode({
  id: 'OP_NODE_REMOVE',
  summary: 'Remove an empty node from the cluster',
  subject: 'node_name',
  params: nodeName,
  result: Type.Null(),
  touches: (params) => [{ kind: 'node', name: params.node_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'node:remove',
  cli: { command: ['node', 'remove'], args: byName, confirm: 'Remove node {node_name} from the cluster?' },
  rest: [{ method: 'DELETE', path: '/2/nodes/{node_name}', body: false, query: { 'dry-run': 'dry_run' } }],
});

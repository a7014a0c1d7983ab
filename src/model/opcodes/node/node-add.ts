import { Type } from 'typebox';
import { Name, NewName, Uuid } from '../../objects/common.ts';
import { SignedCertificateRecord } from '../../objects/node.ts';
import { NdparamsPartial } from '../../params/ndparams.ts';
import { defineOpcode } from '../define-opcode.ts';

export const nodeAdd = defineOpcode({
  id: 'OP_NODE_ADD',
  summary: 'Register a node that has joined with a token, or one that will join later',
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
    /** Absent: the node is only configured, and counts as offline until it joins. */
    certificate_fingerprint: Type.Optional(Type.String()),
    /** The configured node that joins; nothing is added when it is there no more. */
    configured_uuid: Type.Optional(Uuid),
    certificates: Type.Optional(Type.Array(Type.Object(SignedCertificateRecord.properties, { additionalProperties: false }))),
  },
  result: Type.Null(),
  touches: (params) => [{ kind: 'node', name: params.node_name, mode: 'exclusive' }],
  dryRun: true,
  permission: 'node:add',
  ganeti: { defaults: { hv_state: null, disk_state: null, readd: false, node_setup: false, ndparams: null } },
});

import { Type } from 'typebox';
import { Name, NewName, OptionalUuid, PartialParams, Tag } from '../../objects/common.ts';
import { DiskTemplate } from '../../objects/disk.ts';
import { HypervisorName } from '../../objects/instance.ts';
import { BeparamsWish } from '../../params/beparams.ts';
import { defineOpcode } from '../define-opcode.ts';
import { dryRunQuery } from '../dry-run-query.ts';
import { uuidOfNode } from '../uuid-parameter.ts';
import { DiskRequest } from './disk-request.ts';
import { instanceCreateForms } from './instance-create-forms.ts';
import { NicRequest } from './nic-request.ts';

export const instanceCreate = defineOpcode({
  id: 'OP_INSTANCE_CREATE',
  summary: 'Create an instance: place it, create its disks, install its OS, start it',
  subject: 'instance_name',
  params: {
    instance_name: NewName,
    mode: Type.Optional(Type.Enum(['create'])),
    os_type: Type.Optional(Type.String({ description: 'OS definition, with "+variant" where it has variants' })),
    disk_template: Type.Optional(DiskTemplate),
    disks: Type.Optional(Type.Array(DiskRequest, { maxItems: 16 })),
    nics: Type.Optional(Type.Array(NicRequest, { maxItems: 8 })),
    beparams: Type.Optional(BeparamsWish),
    hvparams: Type.Optional(PartialParams),
    osparams: Type.Optional(Type.Record(Type.String(), Type.String())),
    osparams_private: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Kept encrypted, never shown' })),
    osparams_secret: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Used by this job, not kept, never shown' })),
    hypervisor: Type.Optional(HypervisorName),
    pnode: Type.Optional(Name),
    pnode_uuid: OptionalUuid,
    iallocator: Type.Optional(Type.String()),
    group_name: Type.Optional(Name),
    start: Type.Optional(Type.Boolean()),
    no_install: Type.Optional(Type.Boolean()),
    force_variant: Type.Optional(Type.Boolean()),
    ignore_ipolicy: Type.Optional(Type.Boolean()),
    name_check: Type.Optional(Type.Boolean()),
    ip_check: Type.Optional(Type.Boolean()),
    conflicts_check: Type.Optional(
      Type.Boolean({
        description:
          'Refuse a NIC outside networks if its address belongs to a network of its node group, or another instance uses it; default true',
      }),
    ),
    wait_for_sync: Type.Optional(Type.Boolean()),
    tags: Type.Optional(Type.Array(Tag)),
  },
  result: Type.Array(Type.String(), { description: 'Names of the nodes of the instance' }),
  touches: (params) => [
    { kind: 'instance', name: params.instance_name, mode: 'exclusive' },
    { kind: 'allocation', name: 'allocation', mode: 'exclusive' },
    ...(params.pnode ? [{ kind: 'node', name: params.pnode, mode: 'shared' } as const] : []),
  ],
  dryRun: true,
  permission: 'instance:create',
  cli: {
    command: ['instance', 'add'],
    args: [{ param: 'instance_name', help: 'name of the new instance' }],
    flags: {
      os_type: { flags: '-o, --os <os>', help: 'OS definition', complete: 'os' },
      disk_template: { flags: '-t, --disk-template <template>', help: 'how its disks are stored', complete: 'disk-template' },
      disks: { flags: '--disk <size|n:size=…>', help: 'a disk: "10G" or "0:size=10G,mode=ro"; repeat for more', parse: 'disks' },
      nics: { flags: '--net <n:key=value…>', help: 'a NIC: "0:ip=10.0.0.5,link=br0"; repeat for more', parse: 'nics' },
      beparams: { flags: '-B, --backend-parameters <key=value…>', help: 'beparams, e.g. maxmem=2G,vcpus=2', parse: 'keyValues' },
      hvparams: { flags: '-H, --hypervisor-parameters <key=value…>', help: 'hvparams of this instance', parse: 'keyValues' },
      osparams: { flags: '-O, --os-parameters <key=value…>', help: 'parameters of the OS definition', parse: 'keyValues' },
      osparams_private: {
        flags: '--os-parameters-private <key=value…|@file|->',
        help: 'OS parameters that are kept but never shown; in a file or standard input (one per line) they do not appear in the list of processes',
        parse: 'secretKeyValues',
      },
      osparams_secret: {
        flags: '--os-parameters-secret <key=value…|@file|->',
        help: 'OS parameters that are used for this job only and never shown; from a file or standard input as above',
        parse: 'secretKeyValues',
      },
      hypervisor: { flags: '--hypervisor <name>', help: 'kvm, lxc, docker' },
      pnode: { flags: '-n, --node <node>', help: 'primary node; default: chosen by placement', complete: 'node' },
      group_name: { flags: '-g, --node-group <group>', help: 'place it in this node group', complete: 'group' },
      start: { flags: '--no-start', help: 'do not start it' },
      no_install: { flags: '--no-install', help: 'do not run the OS scripts' },
      ignore_ipolicy: { flags: '--ignore-ipolicy', help: 'do not check the instance policy' },
      conflicts_check: {
        flags: '--no-conflicts-check',
        help: 'for NICs outside networks: allow addresses that are in use or belong to a network',
      },
      tags: { flags: '--tags <tags>', help: 'tags, separated by commas', parse: 'list' },
    },
    examples: [
      'gantry instance add web1 --os tiny --disk 64M --memory 128M',
      'gantry instance add db1 -o tiny -t sharedfile --disk 10G -B maxmem=2G,vcpus=2 -n node2',
    ],
  },
  rest: [
    {
      method: 'POST',
      path: '/2/instances',
      body: true,
      bodyVersion: 1,
      query: dryRunQuery,
      aliases: { name: 'instance_name', os: 'os_type' },
    },
  ],
  uuids: [uuidOfNode('pnode_uuid', 'pnode')],
  ganeti: instanceCreateForms,
});

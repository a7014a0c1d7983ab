import { GantryError } from '../../../base/index.ts';
import type { PlanContext } from '../../../jobs/index.ts';
import {
  type Beparams,
  type BeparamsPartial,
  builtDiskTemplates,
  type Disk,
  type DiskTemplate,
  diskTemplateRow,
  fillBeparams,
  fillHvparams,
  type HypervisorName,
  hypervisorRow,
  type Instance,
  type LogicalIdPart,
  type NewDisk,
  type Node,
  normaliseParams,
  type OpcodeParams,
  type opcodes,
  usableHypervisors,
  validate,
  withoutForeignHvparams,
} from '../../../model/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';
import { newNics } from '../networking/new-nics.ts';
import { addressClaim } from '../networking/pick-address.ts';
import { pickPort } from './pick-port.ts';
import { requireBeparams } from './require-beparams.ts';

type CreateParams = OpcodeParams<typeof opcodes.instanceCreate>;
type DiskWish = NonNullable<CreateParams['disks']>[number];

/** The request of an instance with every default filled in and every parameter checked. */
export interface WantedInstance {
  readonly hypervisor: HypervisorName;
  readonly diskTemplate: DiskTemplate;
  readonly disks: readonly DiskWish[];
  readonly beparams: BeparamsPartial;
  readonly hvparams: Record<string, unknown>;
  readonly memory: number;
  readonly vcpus: number;
  readonly spindleUse: number;
}

/** @throws INPUT_INVALID, HYPERVISOR_NOT_ENABLED, DISK_TEMPLATE_NOT_ENABLED, DISKS_WITHOUT_TEMPLATE */
export function wantedInstance(config: ConfigSnapshot, params: CreateParams): WantedInstance {
  const { cluster } = config;
  const hypervisor = params.hypervisor ?? cluster.enabled_hypervisors[0] ?? 'kvm';
  if (!cluster.enabled_hypervisors.includes(hypervisor)) {
    const supported = usableHypervisors.join(', ');
    throw new GantryError('HYPERVISOR_NOT_ENABLED', { hypervisor, enabled: cluster.enabled_hypervisors.join(', '), supported });
  }
  const diskTemplate = params.disk_template ?? cluster.enabled_disk_templates[0] ?? 'file';
  if (!cluster.enabled_disk_templates.includes(diskTemplate)) {
    const [enabled, supported] = [cluster.enabled_disk_templates.join(', '), builtDiskTemplates.join(', ')];
    throw new GantryError('DISK_TEMPLATE_NOT_ENABLED', { template: diskTemplate, enabled, supported });
  }
  const hasDisks = diskTemplateRow(diskTemplate).reach !== 'none';
  if (!hasDisks && params.disks?.length) throw new GantryError('DISKS_WITHOUT_TEMPLATE', { name: params.instance_name });
  if (!params.os_type && !params.no_install && hasDisks) {
    throw invalid('os_type', 'is missing; name an OS definition, or ask for no_install');
  }
  const beparams = withoutAuto(params.beparams ?? {}, cluster.beparams);
  const filled = fillBeparams(cluster, { beparams });
  requireBeparams(filled, 'OP_INSTANCE_CREATE');
  const standardDisk = [{ size: cluster.ipolicy.std['disk-size'] }];
  return {
    hypervisor,
    diskTemplate,
    disks: !hasDisks ? [] : (params.disks ?? standardDisk),
    beparams,
    hvparams: readHvparams(hypervisor, params.hvparams ?? {}),
    memory: filled.maxmem,
    vcpus: filled.vcpus,
    spindleUse: filled.spindle_use,
  };
}

/** "auto" stands for what the cluster has at this moment. */
function withoutAuto(given: NonNullable<CreateParams['beparams']>, cluster: Beparams): BeparamsPartial {
  const names = Object.keys(given) as (keyof Beparams)[];
  return Object.fromEntries(names.map((name) => [name, given[name] === 'auto' ? cluster[name] : given[name]]));
}

/** The parameters of a hypervisor in the form that nodes know. @throws INPUT_INVALID naming the parameter, VNC_ADDRESS_REFUSED */
export function readHvparams(hypervisor: HypervisorName, given: Record<string, unknown>): Record<string, unknown> {
  const { built, schema, defaults, check } = hypervisorRow(hypervisor);
  if (!built) throw invalid('hypervisor', `"${hypervisor}" is not supported by this build`);
  const own = normaliseParams(schema, withoutForeignHvparams(hypervisor, given));
  validate(schema, { ...defaults, ...own }, `hvparams of ${hypervisor}`);
  check?.(own);
  return own;
}

/** The complete object on its nodes, the primary one first; stopped, with new UUIDs, MACs, addresses and console port; nothing of it is claimed yet. */
export function newInstance(context: PlanContext, params: CreateParams, wanted: WantedInstance, nodes: readonly Node[]): Instance {
  const [node, ...secondaries] = nodes as [Node, ...Node[]];
  const { config } = context;
  const now = context.clock.now() / 1000;
  const uuid = context.newUuid();
  const filledHv = fillHvparams(config.cluster, wanted.hypervisor, params.os_type ?? '', wanted.hvparams);
  return {
    uuid,
    name: params.instance_name,
    ctime: now,
    mtime: now,
    serial_no: 1,
    tags: [...new Set(params.tags ?? [])].sort(),
    primary_node: node.uuid,
    secondary_nodes: secondaries.map((secondary) => secondary.uuid),
    os: params.os_type ?? '',
    hypervisor: wanted.hypervisor,
    hvparams: wanted.hvparams,
    beparams: wanted.beparams,
    osparams: params.osparams ?? {},
    ...(params.osparams_private && { osparams_private: params.osparams_private }),
    admin_state: 'down',
    admin_state_source: 'admin',
    disk_template: wanted.diskTemplate,
    disks: wanted.disks.map((wish) => newDisk(config, wanted.diskTemplate, { uuid, name: params.instance_name }, wish, context.newUuid())),
    nics: newNics(context, params, node),
    disks_active: false,
    network_port: filledHv['vnc_bind_address'] ? pickPort(config) : null,
    forthcoming: false,
  };
}

function newDisk(config: ConfigSnapshot, template: DiskTemplate, instance: NewDisk['instance'], wish: DiskWish, uuid: string): Disk {
  const format = wish.format ?? 'raw';
  return {
    uuid,
    name: wish.name ?? null,
    dev_type: template,
    size: wish.size,
    mode: (wish.mode ?? 'rw') as Disk['mode'],
    format,
    logical_id: diskLogicalId(template, { cluster: config.cluster, instance, uuid, format }),
    params: {},
  };
}

/** @throws INPUT_INVALID when nodes of this build cannot make disks of the template */
function diskLogicalId(template: DiskTemplate, disk: NewDisk): LogicalIdPart[] {
  const { newLogicalId } = diskTemplateRow(template);
  if (newLogicalId) return newLogicalId(disk);
  throw invalid('disk_template', `"${template}" cannot be created by this build; supported: ${builtDiskTemplates.join(', ')}`);
}

/** What the instance needs to have for itself alone. */
export function claimsOf(instance: Instance): { what: 'mac' | 'port' | 'ip'; value: string }[] {
  return [
    ...instance.nics.map((nic) => ({ what: 'mac' as const, value: nic.mac })),
    ...instance.nics.flatMap((nic) =>
      nic.ip && nic.network ? [{ what: 'ip' as const, value: addressClaim({ uuid: nic.network }, nic.ip) }] : [],
    ),
    ...(instance.network_port === null ? [] : [{ what: 'port' as const, value: String(instance.network_port) }]),
  ];
}

const invalid = (field: string, problem: string) => new GantryError('INPUT_INVALID', { subject: 'OP_INSTANCE_CREATE', field, problem });

import type { InstanceSpec, NicSpec } from '../../rpc/index.ts';
import { type OsDefinition, osVariantOf } from './os-definition.ts';

/** A disk as a script sees it: a raw file or a block device. */
export interface ScriptDisk {
  readonly uuid: string;
  readonly mode: 'rw' | 'ro';
  readonly path: string;
  readonly block: boolean;
}

export type Environment = Record<string, string>;

/** The variables that depend on the definition and its parameters alone; what the verify script gets. */
export function definitionEnvironment(definition: OsDefinition, os: string, osparams: Record<string, string>, debug: number): Environment {
  const variables: Environment = {
    OS_API_VERSION: String(definition.apiVersions[0]),
    OS_NAME: definition.name,
    OS_VARIANT: definition.variants.length > 0 ? osVariantOf(os) || (definition.variants[0] ?? '') : '',
    DEBUG_LEVEL: String(debug),
    PATH: '/sbin:/bin:/usr/sbin:/usr/bin',
  };
  for (const [name, value] of Object.entries(osparams)) variables[`OSP_${name.toUpperCase().replaceAll('-', '_')}`] = value;
  return variables;
}

/** Everything that Ganeti's OS interface promises to a script that works on an instance. */
export function instanceEnvironment(
  definition: OsDefinition,
  instance: InstanceSpec,
  disks: readonly ScriptDisk[],
  debug: number,
): Environment {
  const { hvparams } = instance;
  const variables: Environment = {
    ...definitionEnvironment(definition, instance.os, instance.osparams, debug),
    INSTANCE_NAME: instance.name,
    INSTANCE_UUID: instance.uuid,
    INSTANCE_OS: instance.os,
    HYPERVISOR: instance.hypervisor,
    DISK_COUNT: String(disks.length),
    NIC_COUNT: String(instance.nics.length),
    INSTANCE_BE_maxmem: String(instance.memory),
    INSTANCE_BE_minmem: String(instance.min_memory),
    INSTANCE_BE_memory: String(instance.memory),
    INSTANCE_BE_vcpus: String(instance.vcpus),
  };
  for (const [name, value] of Object.entries(hvparams)) variables[`INSTANCE_HV_${name}`] = asText(value);
  for (const [index, disk] of disks.entries()) Object.assign(variables, diskVariables(instance, disk, `DISK_${index}_`));
  for (const [index, nic] of instance.nics.entries()) Object.assign(variables, nicVariables(nic, hvparams, `NIC_${index}_`));
  return variables;
}

function diskVariables(instance: InstanceSpec, disk: ScriptDisk, prefix: string): Environment {
  const spec = instance.disks.find((one) => one.uuid === disk.uuid);
  return {
    [`${prefix}PATH`]: disk.path,
    [`${prefix}ACCESS`]: disk.mode,
    [`${prefix}UUID`]: disk.uuid,
    ...(spec && { [`${prefix}SIZE`]: String(spec.size) }),
    ...(instance.hvparams['disk_type'] !== undefined && { [`${prefix}FRONTEND_TYPE`]: asText(instance.hvparams['disk_type']) }),
    [`${prefix}BACKEND_TYPE`]: disk.block ? 'block' : `file:${spec?.logical_id[0] ?? 'loop'}`,
  };
}

function nicVariables(nic: NicSpec, hvparams: InstanceSpec['hvparams'], prefix: string): Environment {
  const { mode, link, vlan } = nic.nicparams;
  return {
    [`${prefix}MAC`]: nic.mac,
    [`${prefix}UUID`]: nic.uuid,
    [`${prefix}MODE`]: mode,
    ...(nic.ip && { [`${prefix}IP`]: nic.ip }),
    ...(mode !== 'routed' && { [`${prefix}BRIDGE`]: link }),
    ...(link && { [`${prefix}LINK`]: link }),
    ...(vlan && { [`${prefix}VLAN`]: vlan }),
    ...(hvparams['nic_type'] !== undefined && { [`${prefix}FRONTEND_TYPE`]: asText(hvparams['nic_type']) }),
    ...(nic.network && { [`${prefix}NETWORK_NAME`]: nic.network.name, [`${prefix}NETWORK_SUBNET`]: nic.network.cidr }),
    ...(nic.network?.gateway && { [`${prefix}NETWORK_GATEWAY`]: nic.network.gateway }),
    ...(nic.network?.cidr6 && { [`${prefix}NETWORK_SUBNET6`]: nic.network.cidr6 }),
    ...(nic.network?.gateway6 && { [`${prefix}NETWORK_GATEWAY6`]: nic.network.gateway6 }),
  };
}

/** Scripts written for Ganeti expect Python's way to write booleans. */
function asText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

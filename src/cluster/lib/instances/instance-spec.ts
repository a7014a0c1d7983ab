import { fillBeparams, fillHvparams, type Instance, type Nic } from '../../../model/index.ts';
import type { DiskSpec, InstanceSpec, NicSpec } from '../../../rpc/index.ts';
import type { ConfigSnapshot } from '../../../store/index.ts';
import { nicparamsIn } from '../networking/nic-parameters.ts';
import { diskPlaces, placedDisk } from '../storage/disk-places.ts';
import { filledOsparams, visibleOsparams } from './osparams.ts';

/** What may differ from the configuration for one start. */
export interface SpecOverrides {
  readonly hvparams?: Record<string, unknown>;
  readonly beparams?: Record<string, unknown>;
  /** UUID of the node that it is to run on; default: its primary node. */
  readonly node?: string;
}

/** The instance as a node needs it: every parameter filled from cluster, group and instance. */
export function instanceSpec(config: ConfigSnapshot, instance: Instance, overrides: SpecOverrides = {}): InstanceSpec {
  const { cluster } = config;
  const beparams = { ...fillBeparams(cluster, instance), ...overrides.beparams };
  return {
    uuid: instance.uuid,
    name: instance.name,
    hypervisor: instance.hypervisor,
    os: instance.os,
    memory: beparams.maxmem,
    min_memory: beparams.minmem,
    vcpus: beparams.vcpus,
    hvparams: fillHvparams(cluster, instance.hypervisor, instance.os, { ...instance.hvparams, ...overrides.hvparams }),
    osparams: visibleOsparams(filledOsparams(cluster, instance)),
    disk_template: instance.disk_template,
    disks: diskSpecs(config, instance, overrides.node),
    nics: instance.nics.map((nic) => nicSpec(config, nic, config.nodes.get(overrides.node ?? instance.primary_node)?.group)),
    network_port: instance.network_port,
  };
}

/** @param on UUID of the node that is told; default: the primary one */
export function diskSpecs(config: ConfigSnapshot, instance: Instance, on = instance.primary_node): DiskSpec[] {
  const places = diskPlaces(instance);
  return instance.disks.map((disk) =>
    placedDisk(
      config,
      {
        uuid: disk.uuid,
        dev_type: disk.dev_type,
        size: disk.size,
        mode: disk.mode,
        format: disk.format,
        logical_id: disk.logical_id,
        params: disk.params,
        ...(disk.children && { children: disk.children }),
      },
      places,
      on,
    ),
  );
}

function nicSpec(config: ConfigSnapshot, nic: Nic, group: string | undefined): NicSpec {
  const network = nic.network ? config.networks.get(nic.network) : undefined;
  return {
    uuid: nic.uuid,
    mac: nic.mac,
    ip: nic.ip,
    nicparams: nicparamsIn(config, nic, group),
    network: network
      ? {
          name: network.name,
          cidr: network.network,
          gateway: network.gateway,
          cidr6: network.network6 ?? null,
          gateway6: network.gateway6 ?? null,
        }
      : null,
  };
}

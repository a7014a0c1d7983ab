import { asRecord } from '../json-text.ts';

/** The nodes of `/2/nodes`, their node parameters beside their fields. What is no list stays as it is. */
export function flatNodes(nodes: unknown): unknown {
  if (!Array.isArray(nodes)) return nodes;
  return nodes.map((node: unknown) => {
    const fields = asRecord(node);
    const { exclusive_storage, spindle_count, cpu_speed } = asRecord(fields['ndparams']);
    return { ...fields, exclusive_storage, spindle_count, cpu_speed };
  });
}

/** The instances of `/2/instances`, their backend parameters beside their fields. A running one tells the memory it has now. */
export function flatInstances(instances: unknown): unknown {
  if (!Array.isArray(instances)) return instances;
  return instances.map((instance: unknown) => {
    const fields = asRecord(instance);
    const { memory, maxmem, vcpus, auto_balance, spindle_use } = asRecord(fields['beparams']);
    return {
      name: fields['name'],
      disk_usage: fields['disk_usage'],
      'disk.sizes': fields['disk.sizes'],
      'disk.spindles': fields['disk.spindles'],
      memory: fields['oper_ram'] ?? memory ?? maxmem,
      vcpus,
      auto_balance,
      spindle_use,
      status: fields['status'],
      pnode: fields['pnode'],
      snodes: fields['snodes'],
      tags: fields['tags'],
      disk_template: fields['disk_template'],
      forthcoming: fields['forthcoming'],
    };
  });
}

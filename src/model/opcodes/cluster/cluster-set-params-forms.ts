import { notUsedClusterParams } from '../../params/not-used-cluster-params.ts';
import { withoutForeignHvparams } from '../../params/without-foreign-hvparams.ts';
import type { GanetiForms } from '../ganeti-forms.ts';

type Params = Readonly<Record<string, unknown>>;

const withoutDefault = `add_uids beparams blacklisted_os candidate_pool_size compression_tools data_collector_interval default_iallocator
  default_iallocator_params disk_state diskparams drbd_helper enabled_data_collectors enabled_disk_templates enabled_hypervisors
  enabled_user_shutdown file_storage_dir gluster_storage_dir hidden_os hv_state hvparams install_image
  instance_communication_network ipolicy mac_prefix maintain_node_health master_netdev master_netmask max_running_jobs
  max_tracked_jobs modify_etc_hosts ndparams nicparams os_hvp osparams osparams_private_cluster prealloc_wipe_disks remove_uids
  reserved_lvs shared_file_storage_dir uid_pool use_external_mip_script vg_name zeroing_image`.split(/\s+/);

export const clusterSetParamsForms: GanetiForms = {
  defaults: { ...Object.fromEntries(withoutDefault.map((name) => [name, null])), force: false },
  // What `/2/info` shows of the cluster.
  asksForNothing: {
    ...Object.fromEntries(Object.entries(notUsedClusterParams).map(([name, value]) => [name, [value]])),
    add_uids: [[]],
    remove_uids: [[]],
    default_iallocator: ['hail'],
    drbd_helper: [''],
    vg_name: [''],
    modify_etc_hosts: [false],
  },
  read(op) {
    const { hvparams, os_hvp } = op;
    const own = isObject(hvparams) ? { hvparams: ofAllHypervisors(hvparams) } : {};
    if (!isObject(os_hvp)) return { ...op, ...own };
    const byOs = Object.entries(os_hvp).map(([os, each]) => [os, isObject(each) ? ofAllHypervisors(each) : each]);
    return { ...op, ...own, os_hvp: Object.fromEntries(byOs) };
  },
};

const isObject = (value: unknown): value is Params => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A hypervisor of which nothing is left is left out: this version may not have it at all. */
function ofAllHypervisors(byHypervisor: Params): Params {
  const result: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(byHypervisor)) {
    if (!isObject(given)) {
      result[name] = given;
      continue;
    }
    const own = withoutForeignHvparams(name, given);
    if (Object.keys(own).length > 0 || Object.keys(given).length === 0) result[name] = own;
  }
  return result;
}

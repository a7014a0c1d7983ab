import { notUsedClusterParams } from '../params/not-used-cluster-params.ts';

/** What an opcode's parameters are in Ganeti 3.0 when nobody gives them; null: nothing. (Source: Ganeti's `src/Ganeti/OpParams.hs`.) */
type Defaults = Readonly<Record<string, unknown>>;

const creation: Defaults = {
  beparams: {},
  commit: false,
  compress: 'none',
  conflicts_check: true,
  disk_template: null,
  file_driver: null,
  file_storage_dir: null,
  force_variant: false,
  forthcoming: false,
  group_name: null,
  helper_shutdown_timeout: 7200,
  helper_startup_timeout: 300,
  hvparams: {},
  hypervisor: null,
  iallocator: null,
  identify_defaults: false,
  ignore_ipolicy: false,
  instance_communication: false,
  ip_check: false,
  mode: 'create',
  name_check: false,
  no_install: null,
  opportunistic_locking: false,
  os_type: null,
  osparams: {},
  osparams_private: {},
  osparams_secret: {},
  pnode: null,
  pnode_uuid: null,
  snode: null,
  snode_uuid: null,
  source_handshake: null,
  source_instance_name: null,
  source_shutdown_timeout: 120,
  source_x509_ca: null,
  src_node: null,
  src_node_uuid: null,
  src_path: null,
  start: true,
  tags: [],
  wait_for_sync: true,
};

const group: Defaults = { alloc_policy: null, ndparams: null, diskparams: null, ipolicy: null, hv_state: null, disk_state: null };

const clusterSetParams = `add_uids beparams blacklisted_os candidate_pool_size compression_tools data_collector_interval default_iallocator
  default_iallocator_params disk_state diskparams drbd_helper enabled_data_collectors enabled_disk_templates enabled_hypervisors
  enabled_user_shutdown file_storage_dir gluster_storage_dir hidden_os hv_state hvparams install_image
  instance_communication_network ipolicy mac_prefix maintain_node_health master_netdev master_netmask max_running_jobs
  max_tracked_jobs modify_etc_hosts ndparams nicparams os_hvp osparams osparams_private_cluster prealloc_wipe_disks remove_uids
  reserved_lvs shared_file_storage_dir uid_pool use_external_mip_script vg_name zeroing_image`.split(/\s+/);

/** By opcode. Parameters that are missing here have no default in Ganeti, or are not Ganeti's. */
export const ganetiDefaults: Readonly<Record<string, Defaults>> = {
  OP_INSTANCE_CREATE: creation,
  OP_INSTANCE_REMOVE: { instance_uuid: null, shutdown_timeout: 120, ignore_failures: false },
  OP_INSTANCE_STARTUP: {
    instance_uuid: null,
    force: false,
    ignore_offline_nodes: false,
    hvparams: {},
    beparams: {},
    no_remember: false,
    startup_paused: false,
    shutdown_timeout: 120,
  },
  OP_INSTANCE_SHUTDOWN: {
    instance_uuid: null,
    force: false,
    ignore_offline_nodes: false,
    timeout: 120,
    no_remember: false,
    admin_state_source: 'admin',
  },
  OP_INSTANCE_REBOOT: { instance_uuid: null, shutdown_timeout: 120, ignore_secondaries: false, reboot_type: 'hard' },
  OP_INSTANCE_MIGRATE: {
    instance_uuid: null,
    mode: null,
    live: null,
    target_node: null,
    target_node_uuid: null,
    allow_runtime_changes: true,
    ignore_ipolicy: false,
    cleanup: false,
    iallocator: null,
    allow_failover: false,
    ignore_hvversions: false,
  },
  OP_INSTANCE_FAILOVER: {
    instance_uuid: null,
    shutdown_timeout: 120,
    ignore_consistency: false,
    target_node: null,
    target_node_uuid: null,
    ignore_ipolicy: false,
    cleanup: false,
    iallocator: null,
  },
  OP_NODE_ADD: { hv_state: null, disk_state: null, readd: false, node_setup: false, ndparams: null },
  OP_NODE_SET_PARAMS: {
    node_uuid: null,
    force: false,
    hv_state: null,
    disk_state: null,
    master_candidate: null,
    offline: null,
    drained: null,
    auto_promote: false,
    master_capable: null,
    vm_capable: null,
    secondary_ip: null,
    ndparams: null,
    powered: null,
  },
  OP_NODE_EVACUATE: {
    early_release: false,
    node_uuid: null,
    remote_node: null,
    remote_node_uuid: null,
    iallocator: null,
    ignore_soft_errors: null,
  },
  OP_NODE_REMOVE: { node_uuid: null },
  OP_GROUP_ADD: group,
  OP_GROUP_SET_PARAMS: group,
  OP_GROUP_ASSIGN_NODES: { force: false, node_uuids: null },
  OP_NETWORK_ADD: {
    gateway: null,
    network6: null,
    gateway6: null,
    mac_prefix: null,
    add_reserved_ips: null,
    conflicts_check: true,
    tags: [],
  },
  OP_NETWORK_REMOVE: { force: false },
  OP_NETWORK_CONNECT: { network_vlan: '', conflicts_check: true },
  OP_CLUSTER_SET_PARAMS: { ...Object.fromEntries(clusterSetParams.map((name) => [name, null])), force: false },
  OP_CLUSTER_VERIFY: {
    debug_simulate_errors: false,
    error_codes: false,
    skip_checks: [],
    ignore_errors: [],
    verbose: false,
    group_name: null,
    verify_clutter: false,
  },
  OP_TEST_DELAY: { on_master: true, on_nodes: [], on_node_uuids: null, repeat: 0, interruptible: false, no_locks: false },
};

/**
 * Values that ask for what is so anyway, beside Ganeti's default: the driver of files that Ganeti takes when none is given; a
 * hint for taking locks; what `/2/info` shows of the cluster.
 */
export const asksForNothing: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  OP_INSTANCE_CREATE: { file_driver: ['loop'], opportunistic_locking: [true] },
  OP_CLUSTER_SET_PARAMS: {
    ...Object.fromEntries(Object.entries(notUsedClusterParams).map(([name, value]) => [name, [value]])),
    add_uids: [[]],
    remove_uids: [[]],
    default_iallocator: ['hail'],
    drbd_helper: [''],
    vg_name: [''],
    modify_etc_hosts: [false],
  },
};

/** Members of parameters that Ganeti has and this version does not; they may be null. */
export const foreignMembers: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  OP_INSTANCE_CREATE: {
    disks: ['access', 'adopt', 'dev_type', 'metavg', 'provider', 'spindles', 'vg'],
    nics: ['bridge'],
  },
};

/** What every opcode has. */
const common: Defaults = { dry_run: false, debug_level: 0, priority: 0, depends: null, comment: null };
/** Of the parameters without a value Ganeti shows these alone. */
const shownEmpty = new Set(['depends', 'comment']);

/** An opcode as Ganeti's clients read it in `ops`: with the defaults of what was not given, without what has no value. */
export function withGanetiDefaults(op: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const all = { ...common, ...ganetiDefaults[String(op['OP_ID'])], ...op };
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => value !== null || shownEmpty.has(name)));
}

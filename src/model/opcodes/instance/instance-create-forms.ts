import type { GanetiForms } from '../ganeti-forms.ts';

type Params = Readonly<Record<string, unknown>>;

export const instanceCreateForms: GanetiForms = {
  defaults: {
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
  },
  // The driver of files that Ganeti takes when none is given; a hint for taking locks.
  asksForNothing: { file_driver: ['loop'], opportunistic_locking: [true] },
  foreignMembers: {
    disks: ['access', 'adopt', 'dev_type', 'metavg', 'provider', 'spindles', 'vg'],
    nics: ['bridge'],
  },
  read: (op) => (Array.isArray(op['nics']) ? { ...op, nics: op['nics'].map(withoutNone) } : op),
  dryRunResult: nodesOf,
  errors: {
    NODE_OFFLINE: "Cannot use offline primary node '{name}'",
    NODE_DRAINED: "Cannot use drained primary node '{name}'",
    NODE_NOT_VM_CAPABLE: "Cannot use non-vm_capable primary node '{name}'",
  },
};

/** NICs may say "none" for what they do not have. */
function withoutNone(nic: unknown): unknown {
  if (typeof nic !== 'object' || nic === null || Array.isArray(nic)) return nic;
  const isNone = (name: string, value: unknown) =>
    ['ip', 'network', 'name'].includes(name) && typeof value === 'string' && value.toLowerCase() === 'none';
  return Object.fromEntries(Object.entries(nic as Params).filter(([name, value]) => !isNone(name, value)));
}

/** UUIDs of the nodes. */
function nodesOf({ instance }: { readonly instance: { readonly primary_node: string; readonly secondary_nodes: readonly string[] } }) {
  return [instance.primary_node, ...instance.secondary_nodes];
}

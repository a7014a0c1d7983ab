/** An operation of Ganeti, wherever it is offered there. */
export interface GanetiOperation {
  /** A noun with its object: "Reinstalling an instance". */
  readonly operation: string;
  /** Where Ganeti's REST API has it. */
  readonly rest?: readonly [method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string];
  /** Ganeti's opcodes for it. */
  readonly opcodes?: readonly string[];
  /** Ganeti's commands for it, without "gnt-". */
  readonly commands?: readonly string[];
}

/**
 * Operations of Ganeti that Gantry did not have from its beginning. What of them is asked for and is neither an opcode, a resource
 * nor a command is told to come later; what is there by now is found first, so that nothing is taken out of here.
 */
export const ganetiOperations: readonly GanetiOperation[] = [
  {
    operation: 'Power cycling a node',
    opcodes: ['OP_NODE_POWERCYCLE'],
    rest: ['POST', '/2/nodes/{node_name}/powercycle'],
    commands: ['node powercycle'],
  },
  {
    operation: 'Migrating all instances of a node',
    opcodes: ['OP_NODE_MIGRATE'],
    rest: ['POST', '/2/nodes/{node_name}/migrate'],
    commands: ['node migrate'],
  },
  {
    operation: 'Listing the storage units of a node',
    opcodes: ['OP_NODE_QUERY_STORAGE'],
    rest: ['GET', '/2/nodes/{node_name}/storage'],
    commands: ['node list-storage'],
  },
  {
    operation: 'Modifying a storage unit',
    opcodes: ['OP_NODE_MODIFY_STORAGE'],
    rest: ['PUT', '/2/nodes/{node_name}/storage/modify'],
    commands: ['node modify-storage'],
  },
  {
    operation: 'Repairing a storage unit',
    opcodes: ['OP_REPAIR_NODE_STORAGE'],
    rest: ['PUT', '/2/nodes/{node_name}/storage/repair'],
    commands: ['node repair-storage'],
  },
  {
    operation: 'The detailed report of an instance',
    opcodes: ['OP_INSTANCE_QUERY_DATA'],
    rest: ['GET', '/2/instances/{instance_name}/info'],
  },
  {
    operation: 'Reinstalling an instance',
    opcodes: ['OP_INSTANCE_REINSTALL'],
    rest: ['POST', '/2/instances/{instance_name}/reinstall'],
    commands: ['instance reinstall'],
  },
  {
    operation: 'Replacing disks',
    opcodes: ['OP_INSTANCE_REPLACE_DISKS'],
    rest: ['POST', '/2/instances/{instance_name}/replace-disks'],
    commands: ['instance replace-disks'],
  },
  {
    operation: 'Activating disks',
    opcodes: ['OP_INSTANCE_ACTIVATE_DISKS'],
    rest: ['PUT', '/2/instances/{instance_name}/activate-disks'],
    commands: ['instance activate-disks'],
  },
  {
    operation: 'Deactivating disks',
    opcodes: ['OP_INSTANCE_DEACTIVATE_DISKS'],
    rest: ['PUT', '/2/instances/{instance_name}/deactivate-disks'],
    commands: ['instance deactivate-disks'],
  },
  {
    operation: 'Recreating disks',
    opcodes: ['OP_INSTANCE_RECREATE_DISKS'],
    rest: ['POST', '/2/instances/{instance_name}/recreate-disks'],
    commands: ['instance recreate-disks'],
  },
  {
    operation: 'Preparing an export',
    opcodes: ['OP_BACKUP_PREPARE'],
    rest: ['PUT', '/2/instances/{instance_name}/prepare-export'],
    commands: ['backup prepare'],
  },
  {
    operation: 'Exporting an instance',
    opcodes: ['OP_BACKUP_EXPORT'],
    rest: ['PUT', '/2/instances/{instance_name}/export'],
    commands: ['backup export'],
  },
  {
    operation: 'Removing an export',
    opcodes: ['OP_BACKUP_REMOVE'],
    rest: ['DELETE', '/2/instances/{instance_name}/export'],
    commands: ['backup remove'],
  },
  {
    operation: 'Renaming an instance',
    opcodes: ['OP_INSTANCE_RENAME'],
    rest: ['PUT', '/2/instances/{instance_name}/rename'],
    commands: ['instance rename'],
  },
  {
    operation: 'Modifying an instance',
    opcodes: ['OP_INSTANCE_SET_PARAMS'],
    rest: ['PUT', '/2/instances/{instance_name}/modify'],
    commands: ['instance modify'],
  },
  {
    operation: 'Growing a disk',
    opcodes: ['OP_INSTANCE_GROW_DISK'],
    rest: ['POST', '/2/instances/{instance_name}/disk/{disk}/grow'],
    commands: ['instance grow-disk'],
  },
  {
    operation: 'Creating several instances at once',
    opcodes: ['OP_INSTANCE_MULTI_ALLOC'],
    rest: ['POST', '/2/instances-multi-alloc'],
    commands: ['instance batch-create'],
  },
  {
    operation: 'Renaming a network',
    opcodes: ['OP_NETWORK_RENAME'],
    rest: ['PUT', '/2/networks/{network_name}/rename'],
    commands: ['network rename'],
  },
  {
    operation: 'Modifying a network',
    opcodes: ['OP_NETWORK_SET_PARAMS'],
    rest: ['PUT', '/2/networks/{network_name}/modify'],
    commands: ['network modify'],
  },
  { operation: 'Adding a job filter', rest: ['POST', '/2/filters'], commands: ['filter add'] },
  { operation: 'Showing a job filter', rest: ['GET', '/2/filters/{filter_uuid}'], commands: ['filter info'] },
  { operation: 'Replacing a job filter', rest: ['PUT', '/2/filters/{filter_uuid}'], commands: ['filter replace'] },
  { operation: 'Removing a job filter', rest: ['DELETE', '/2/filters/{filter_uuid}'], commands: ['filter delete'] },
  { operation: 'Listing job filters', commands: ['filter list'] },
  { operation: 'Listing exports', commands: ['backup list', 'backup import'] },
  { operation: 'Moving an instance with its disks', opcodes: ['OP_INSTANCE_MOVE'], commands: ['instance move'] },
  { operation: 'Moving an instance to another node group', opcodes: ['OP_INSTANCE_CHANGE_GROUP'], commands: ['instance change-group'] },
  { operation: 'Failing over all instances of a node', commands: ['node failover'] },
  { operation: 'Switching nodes on and off', opcodes: ['OP_OOB_COMMAND'], commands: ['node power', 'node health'] },
  { operation: 'Listing the volumes of a node', opcodes: ['OP_NODE_QUERYVOLS'], commands: ['node volumes'] },
  { operation: 'Evacuating a node group', opcodes: ['OP_GROUP_EVACUATE'], commands: ['group evacuate'] },
  { operation: 'Listing OS definitions', opcodes: ['OP_OS_DIAGNOSE'], commands: ['os list', 'os info', 'os diagnose', 'os modify'] },
  { operation: 'Renaming a cluster', opcodes: ['OP_CLUSTER_RENAME'], commands: ['cluster rename'] },
  {
    operation: 'Repairing the sizes of disks',
    opcodes: ['OP_CLUSTER_REPAIR_DISK_SIZES', 'OP_CLUSTER_VERIFY_DISKS', 'OP_GROUP_VERIFY_DISKS'],
    commands: ['cluster repair-disk-sizes', 'cluster verify-disks'],
  },
  { operation: 'Renewing the certificates of a cluster', opcodes: ['OP_CLUSTER_RENEW_CRYPTO'], commands: ['cluster renew-crypto'] },
  { operation: 'Draining the job queue', commands: ['cluster queue'] },
  { operation: 'Pausing the watcher', commands: ['cluster watcher'] },
  {
    operation: 'Activating the address of the master',
    opcodes: ['OP_CLUSTER_ACTIVATE_MASTER_IP'],
    commands: ['cluster activate-master-ip'],
  },
  {
    operation: 'Deactivating the address of the master',
    opcodes: ['OP_CLUSTER_DEACTIVATE_MASTER_IP'],
    commands: ['cluster deactivate-master-ip'],
  },
  { operation: 'Destroying a cluster', opcodes: ['OP_CLUSTER_DESTROY'], commands: ['cluster destroy'] },
  { operation: 'Running a restricted command', opcodes: ['OP_RESTRICTED_COMMAND'], commands: ['node restricted-command'] },
  {
    operation: 'Listing providers of external storage',
    opcodes: ['OP_EXT_STORAGE_DIAGNOSE'],
    commands: ['storage diagnose', 'storage info'],
  },
  { operation: 'Searching for tags', opcodes: ['OP_TAGS_SEARCH'], commands: ['cluster search-tags'] },
  {
    operation: 'A query as a job',
    opcodes: ['OP_CLUSTER_CONFIG_QUERY', 'OP_CLUSTER_QUERY', 'OP_INSTANCE_CONSOLE', 'OP_QUERY', 'OP_QUERY_FIELDS', 'OP_TAGS_GET'],
  },
  { operation: 'A part of a verification as a job of its own', opcodes: ['OP_CLUSTER_VERIFY_CONFIG', 'OP_CLUSTER_VERIFY_GROUP'] },
  {
    operation: 'A test of Ganeti itself',
    opcodes: ['OP_CLUSTER_POST_INIT', 'OP_TEST_ALLOCATOR', 'OP_TEST_DUMMY', 'OP_TEST_JQUEUE', 'OP_TEST_OS_PARAMS'],
  },
];

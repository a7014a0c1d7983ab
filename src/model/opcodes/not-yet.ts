/** An operation that Ganeti has and Gantry does not have so far. */
export interface NotYet {
  /** A noun with its object: "Reinstalling an instance". */
  readonly operation: string;
  /** Where Ganeti's REST API has it. */
  readonly rest?: readonly [method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string];
  /** Ganeti's commands for it, without "gnt-". */
  readonly commands?: readonly string[];
}

/** REST answers 501 and the command line says so; whoever adds one of them takes it out of here, or a test fails. */
export const notYet: readonly NotYet[] = [
  { operation: 'Power cycling a node', rest: ['POST', '/2/nodes/{node_name}/powercycle'], commands: ['node powercycle'] },
  { operation: 'Migrating all instances of a node', rest: ['POST', '/2/nodes/{node_name}/migrate'], commands: ['node migrate'] },
  { operation: 'Listing the storage units of a node', rest: ['GET', '/2/nodes/{node_name}/storage'], commands: ['node list-storage'] },
  { operation: 'Modifying a storage unit', rest: ['PUT', '/2/nodes/{node_name}/storage/modify'], commands: ['node modify-storage'] },
  { operation: 'Repairing a storage unit', rest: ['PUT', '/2/nodes/{node_name}/storage/repair'], commands: ['node repair-storage'] },
  { operation: 'The detailed report of an instance', rest: ['GET', '/2/instances/{instance_name}/info'] },
  { operation: 'Reinstalling an instance', rest: ['POST', '/2/instances/{instance_name}/reinstall'], commands: ['instance reinstall'] },
  { operation: 'Replacing disks', rest: ['POST', '/2/instances/{instance_name}/replace-disks'], commands: ['instance replace-disks'] },
  { operation: 'Activating disks', rest: ['PUT', '/2/instances/{instance_name}/activate-disks'], commands: ['instance activate-disks'] },
  {
    operation: 'Deactivating disks',
    rest: ['PUT', '/2/instances/{instance_name}/deactivate-disks'],
    commands: ['instance deactivate-disks'],
  },
  { operation: 'Recreating disks', rest: ['POST', '/2/instances/{instance_name}/recreate-disks'], commands: ['instance recreate-disks'] },
  { operation: 'Preparing an export', rest: ['PUT', '/2/instances/{instance_name}/prepare-export'], commands: ['backup prepare'] },
  { operation: 'Exporting an instance', rest: ['PUT', '/2/instances/{instance_name}/export'], commands: ['backup export'] },
  { operation: 'Removing an export', rest: ['DELETE', '/2/instances/{instance_name}/export'], commands: ['backup remove'] },
  { operation: 'Renaming an instance', rest: ['PUT', '/2/instances/{instance_name}/rename'], commands: ['instance rename'] },
  { operation: 'Modifying an instance', rest: ['PUT', '/2/instances/{instance_name}/modify'], commands: ['instance modify'] },
  { operation: 'Growing a disk', rest: ['POST', '/2/instances/{instance_name}/disk/{disk}/grow'], commands: ['instance grow-disk'] },
  { operation: 'Creating several instances at once', rest: ['POST', '/2/instances-multi-alloc'], commands: ['instance batch-create'] },
  { operation: 'Renaming a network', rest: ['PUT', '/2/networks/{network_name}/rename'], commands: ['network rename'] },
  { operation: 'Modifying a network', rest: ['PUT', '/2/networks/{network_name}/modify'], commands: ['network modify'] },
  { operation: 'Adding a job filter', rest: ['POST', '/2/filters'], commands: ['filter add'] },
  { operation: 'Showing a job filter', rest: ['GET', '/2/filters/{filter_uuid}'], commands: ['filter info'] },
  { operation: 'Replacing a job filter', rest: ['PUT', '/2/filters/{filter_uuid}'], commands: ['filter replace'] },
  { operation: 'Removing a job filter', rest: ['DELETE', '/2/filters/{filter_uuid}'], commands: ['filter delete'] },
  { operation: 'Listing job filters', commands: ['filter list'] },
  { operation: 'Listing exports', commands: ['backup list', 'backup import'] },
  { operation: 'Moving an instance with its disks', commands: ['instance move'] },
  { operation: 'Moving an instance to another node group', commands: ['instance change-group'] },
  { operation: 'Failing over all instances of a node', commands: ['node failover'] },
  { operation: 'Switching nodes on and off', commands: ['node power', 'node health'] },
  { operation: 'Listing the volumes of a node', commands: ['node volumes'] },
  { operation: 'Evacuating a node group', commands: ['group evacuate'] },
  { operation: 'Listing OS definitions', commands: ['os list', 'os info', 'os diagnose', 'os modify'] },
  { operation: 'Renaming a cluster', commands: ['cluster rename'] },
  { operation: 'Repairing the sizes of disks', commands: ['cluster repair-disk-sizes', 'cluster verify-disks'] },
  { operation: 'Renewing the certificates of a cluster', commands: ['cluster renew-crypto'] },
  { operation: 'Draining the job queue', commands: ['cluster queue'] },
  { operation: 'Pausing the watcher', commands: ['cluster watcher'] },
];

import { defineErrors, type ErrorDefinition } from './define-errors.ts';

type Finding = Pick<ErrorDefinition, 'what' | 'why' | 'todo'> & { readonly finding: NonNullable<ErrorDefinition['finding']> };

/** A finding is told, never thrown; were it thrown, it would be a fault of the world. */
const found = <const T extends Finding>(finding: T) =>
  ({ kind: 'operational', http: 500, ganeti: 'environment_error', ...finding }) as const;

/** What `gantry cluster verify` finds. `what` is printed after the subject ("instance web1: …"). */
export const verifyErrors = defineErrors({
  VERIFY_INSTANCE_DOWN: found({
    finding: { ganeti: 'EINSTANCEDOWN' },
    what: 'should run on {node} but does not.',
    why: 'It crashed, its node was restarted, or it was stopped without Gantry. The watcher starts it again within minutes.',
    todo: 'Run "gantry instance startup {instance}".',
  }),
  VERIFY_INSTANCE_NODE_OFFLINE: found({
    finding: { ganeti: 'EINSTANCEBADNODE' },
    what: 'should run, but its node {node} is marked offline.',
    why: 'A node that is marked offline is not contacted, and none of its resources are used.',
    todo: 'Run "gantry instance failover --ignore-consistency {instance}", or, when the node works again, "gantry node modify --offline no {node}".',
  }),
  VERIFY_NODE_NOT_JOINED: found({
    finding: { ganeti: 'ENODESETUP', warning: true },
    what: 'has not joined the cluster yet; {count} instances are configured on it.',
    why: 'It is only configured, and counts as offline. What runs there is unknown.',
    todo: 'Create a token with "gantry node add {node}", and run "gantry node join" there; or run "gantry node remove {node}".',
  }),
  VERIFY_NODE_INSTANCES_UNSEEN: found({
    finding: { ganeti: 'EINSTANCEDOWN' },
    what: 'it is unknown whether its instances run; {count} should run: {instances}.',
    why: 'The node does not answer. Its instances may still be running.',
    todo: 'Check the node. If it is dead, run "gantry node modify --offline yes {node}" and then "gantry node evacuate {node}".',
  }),
  VERIFY_NODE_CLOCK: found({
    finding: { ganeti: 'ENODETIME' },
    what: 'its clock differs from that of the master by {seconds} s.',
    why: 'Certificates, leases and logs need clocks that agree; up to {limit} s are accepted.',
    todo: 'Let a time service (chrony, systemd-timesyncd) set the clocks of the node and of the master.',
  }),
  VERIFY_NODE_VERSION: found({
    finding: { ganeti: 'ENODEVERSION' },
    what: 'its agent has version {version}, the master has {master}.',
    why: 'Agents and masters work together if their versions are at most one apart.',
    todo: 'Install the version of the master on the node and restart its agent.',
  }),
  VERIFY_NODE_RELEASE: found({
    finding: { ganeti: 'ENODEVERSION', warning: true },
    what: 'its agent has version {version}, the master has {master}.',
    why: 'Agents and masters one version apart work together. The older one refuses what was added later, and lacks corrections.',
    todo: 'Install the version of the master on the node and restart its agent.',
  }),
  VERIFY_CERTIFICATE_ENDED: found({
    finding: { ganeti: 'ECLUSTERCERT' },
    what: 'it ended on {date}.',
    why: 'An expired certificate is rejected. Masters and nodes renew theirs in time, unless something prevents it.',
    todo: 'Check the log of the master for the reason, and restart it: it renews its certificates when it starts.',
  }),
  VERIFY_CERTIFICATE_ENDS: found({
    finding: { ganeti: 'ECLUSTERCERT' },
    what: 'it ends on {date}, in {days} days.',
    why: 'Masters and nodes renew their certificates long before, unless something prevents it.',
    todo: 'Check the log of the master for the reason, and restart it: it renews its certificates when it starts.',
  }),
  VERIFY_CERTIFICATE_ENDS_SOON: found({
    finding: { ganeti: 'ECLUSTERCERT', warning: true },
    what: 'it ends on {date}, in {days} days.',
    why: 'Masters and nodes renew their certificates long before, unless something prevents it.',
    todo: 'Check the log of the master for the reason, and restart it: it renews its certificates when it starts.',
  }),
  VERIFY_GARBAGE_LEFT: found({
    finding: { ganeti: 'ENODEORPHANLV', warning: true },
    what: '{thing} is left there and will be removed when the node answers.',
    why: 'An operation had to clean up while the node could not be reached.',
    todo: 'Bring the node back; if it is lost for good, run "gantry node remove {node}".',
  }),
  VERIFY_DISK_SIZE: found({
    finding: { ganeti: 'EINSTANCEFAULTYDISK' },
    what: 'disk {disk} has {found} MiB on {node}, {size} MiB are configured.',
    why: 'The file was truncated or resized without Gantry, or a change of its size was interrupted.',
    todo: 'Restore it from a backup, or find out who changed it.',
  }),
  VERIFY_FILE_UNKNOWN: found({
    finding: { ganeti: 'ENODEORPHANLV', warning: true },
    what: '{path} is not a disk of Gantry.',
    why: 'Another program uses the folder, or an old program left the file behind.',
    todo: 'Move it elsewhere, or remove it if nobody needs it.',
  }),
  VERIFY_MANY: found({
    finding: { ganeti: 'ECLUSTERCFG' },
    what: '{count} more findings are not listed.',
    why: 'The size of the result of a job is limited.',
    todo: 'Fix the listed ones and verify again, or verify one group: "gantry cluster verify --node-group GROUP".',
  }),
  VERIFY_INSTANCE_UP: found({
    finding: { ganeti: 'EINSTANCEWRONGNODE' },
    what: 'runs on {node} but should not.',
    why: 'It was started without Gantry, or a stop was recorded that did not happen.',
    todo: 'Run "gantry instance shutdown {instance}".',
  }),
  VERIFY_INSTANCE_STALLED: found({
    finding: { ganeti: 'EINSTANCEDOWN' },
    what: 'was stopped on {node} by a disk error: {problem}.',
    why: 'The hypervisor stops a guest that cannot write, so that it loses no data. The guest keeps its memory and resumes automatically when there is free space again.',
    todo: 'Free some space on the node or repair the storage; "gantry instance resume {instance}" resumes it immediately.',
  }),
  VERIFY_INSTANCE_UNKNOWN: found({
    finding: { ganeti: 'ENODEORPHANINSTANCE' },
    what: 'runs on {node} but is not configured.',
    why: 'It was removed while its node could not be reached, or another cluster started it.',
    todo: 'Find out who started it, then end its process on the node.',
  }),
  VERIFY_INSTANCE_WRONG_NODE: found({
    finding: { ganeti: 'EINSTANCEWRONGNODE' },
    what: 'runs on {node}, its primary node is {primary}.',
    why: 'A migration or failover was interrupted.',
    todo: 'Run "gantry instance migrate --cleanup {instance}".',
  }),
  VERIFY_INSTANCE_MOVE_ENDED: found({
    finding: { ganeti: 'EINSTANCEBADNODE', warning: true },
    what: 'resources are still reserved for it on {node} by a move that has ended.',
    why: 'The move failed, and it could not be undone completely.',
    todo: 'Run "gantry instance migrate --cleanup {instance}", or start or stop it.',
  }),
  VERIFY_DISK_MISSING: found({
    finding: { ganeti: 'EINSTANCEMISSINGDISK' },
    what: 'disk {disk} is missing on {node}.',
    why: 'Its file was removed without Gantry, or the file system that it is on is not mounted.',
    todo: 'Restore it from a backup, or remove the instance.',
  }),
  VERIFY_DISK_PLACE_OLD: found({
    finding: { ganeti: 'EINSTANCELAYOUT', warning: true },
    what: 'still in a folder that has the name of the instance: {disks}.',
    why: 'An earlier version made these disks. They are moved when the instance is started or rebooted hard, not by a failover.',
    todo: 'Run "gantry instance reboot --type hard {instance}", or "gantry instance startup {instance}" if it is stopped and should run.',
  }),
  VERIFY_DISK_UNKNOWN: found({
    finding: { ganeti: 'ENODEORPHANLV' },
    what: '{path} belongs to no instance.',
    why: 'It was created without Gantry, or its instance was removed while the node could not be reached.',
    todo: 'Find out whether it is needed, then remove it by hand.',
  }),
  VERIFY_ADDRESS_TWICE: found({
    finding: { ganeti: 'EINSTANCEBADNODE' },
    what: 'the address {ip} is in use by {users}.',
    why: 'Two hosts with the same address make each other unreachable. If an instance has the address of a node, the cluster may lose this node.',
    todo: 'Find out which host should have the address, and give the others another one.',
  }),
  VERIFY_SWITCH_MISSING: found({
    finding: { ganeti: 'ENODENET' },
    what: 'does not exist on this node.',
    why: 'NICs of mode openvswitch that this node runs, or may run, become ports of it.',
    todo: 'Install openvswitch-switch and run "ovs-vsctl add-br {switch}" on the node.',
  }),
  VERIFY_BRIDGE_MISSING: found({
    finding: { ganeti: 'ENODENET' },
    what: 'does not exist on this node.',
    why: 'Instances of this node have interfaces on it.',
    todo: 'Run on the node: ip link add {bridge} type bridge && ip link set {bridge} up.',
  }),
  VERIFY_HYPERVISOR_MISSING: found({
    finding: { ganeti: 'ENODEHV' },
    what: 'this node has no adapter for it.',
    why: 'The agent of the node is of another version than the master, or was built without this hypervisor.',
    todo: 'Disable it with "gantry cluster modify --enabled-hypervisors …", or upgrade the node.',
  }),
  VERIFY_STORAGE_DIR: found({
    finding: { ganeti: 'ENODEFILESTORAGEPATHUNUSABLE' },
    what: '{problem}',
    why: 'Disks of instances are files in this folder; without it they can be neither created nor used.',
    todo: 'Mount the file system, or create the folder {folder} with mode 0711, owned by root.',
  }),
  VERIFY_STORAGE_MODE: found({
    finding: { ganeti: 'ENODEFILESTORAGEPATHUNUSABLE', warning: true },
    what: 'its mode {mode} lets other users of the node list or write it.',
    why: 'Hypervisors only pass through the folder. Whoever can list it sees which instances the node has; whoever can write to it can replace their disks.',
    todo: 'Run on the node: chmod 0711 {folder}.',
  }),
  VERIFY_LOG: found({
    finding: { ganeti: 'ENODESETUP' },
    what: 'it cannot be written: {problem}',
    why: 'The disk is full or read-only, or the folder is missing or must not be changed. Everything else continues, without a log.',
    todo: 'Free some space, or correct the folder; the log tells how many lines were lost.',
  }),
  VERIFY_DAEMON_RESTARTED: found({
    finding: { ganeti: 'ENODERPC', warning: true },
    what: 'it ended unexpectedly and was started again, last at {last} (restarts so far: {count}).',
    why: 'It crashed, was killed, or the host was out of memory. Instances keep running while a daemon is down.',
    todo: 'Read its log up to that time, and report a crash. This warning disappears after a day.',
  }),
  VERIFY_UNIT_FAILED: found({
    finding: { ganeti: 'ENODERPC' },
    what: 'it failed, and systemd does not start it again (result: {result}).',
    why: 'A unit that has failed five times within five minutes stays down, because the cause does not go away on its own.',
    todo: 'Read the reason on the node with "journalctl -u {unit}" and fix it. Then run "systemctl reset-failed {unit}" and "systemctl start {unit}" there.',
  }),
  VERIFY_SUPERVISOR_DEAD: found({
    finding: { ganeti: 'ENODESETUP', warning: true },
    what: 'it has ended unexpectedly; daemons that end from now on are not started again.',
    why: 'It was killed, or the host was out of memory. Nothing restarts the supervisor itself.',
    todo: 'Start it again with "gantry up --name {cluster}"; everything that runs keeps running.',
  }),
  VERIFY_CERTIFICATE_OLD: found({
    finding: { ganeti: 'ECLUSTERCLIENTCERT' },
    what: 'less than a third of its lifetime is left, and it was not renewed.',
    why: 'The master renews certificates of nodes in time; this failed.',
    todo: 'See the log of the master.',
  }),
});

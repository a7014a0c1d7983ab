import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { type RestServer, startRestServer } from '../support/rest-server.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';

// Ganeti's own RAPI client, as Debian packs it, against the REST server: every method of it.

type Call = readonly [method: string, args?: readonly unknown[], options?: Readonly<Record<string, unknown>>];
type Answer = { readonly value: unknown } | { readonly code: number | null; readonly error: string };

/** Debian's; another Python in the path does not have its packages. */
const python = '/usr/bin/python3';
const probe = spawnSync(python, ['-c', 'import pycurl, ganeti.rapi.client']);
const skip = probe.status === 0 ? false : 'python3-ganeti-rapi is not installed';

/** Methods whose operation this version does not have, and the operation that each needs. */
const notOffered: Readonly<Record<string, Call>> = {
  GetInstanceInfo: ['GetInstanceInfo', ['web1']], // OP_INSTANCE_QUERY_DATA
  ModifyInstance: ['ModifyInstance', ['web1'], { beparams: { vcpus: 2 } }], // OP_INSTANCE_SET_PARAMS
  RenameInstance: ['RenameInstance', ['web1', 'web9']], // OP_INSTANCE_RENAME
  ReinstallInstance: ['ReinstallInstance', ['web1']], // OP_INSTANCE_REINSTALL
  ReplaceInstanceDisks: ['ReplaceInstanceDisks', ['web1']], // OP_INSTANCE_REPLACE_DISKS
  RecreateInstanceDisks: ['RecreateInstanceDisks', ['web1']], // OP_INSTANCE_RECREATE_DISKS
  ActivateInstanceDisks: ['ActivateInstanceDisks', ['web1']], // OP_INSTANCE_ACTIVATE_DISKS
  DeactivateInstanceDisks: ['DeactivateInstanceDisks', ['web1']], // OP_INSTANCE_DEACTIVATE_DISKS
  GrowInstanceDisk: ['GrowInstanceDisk', ['web1', 0, 64]], // OP_INSTANCE_GROW_DISK
  InstancesMultiAlloc: ['InstancesMultiAlloc', [[]]], // OP_INSTANCE_MULTI_ALLOC
  PrepareExport: ['PrepareExport', ['web1', 'local']], // OP_BACKUP_PREPARE
  ExportInstance: ['ExportInstance', ['web1', 'local', 'node2']], // OP_BACKUP_EXPORT
  MigrateNode: ['MigrateNode', ['node1']], // OP_NODE_MIGRATE
  PowercycleNode: ['PowercycleNode', ['node1']], // OP_NODE_POWERCYCLE
  GetNodeStorageUnits: ['GetNodeStorageUnits', ['node1', 'file', 'name,size']], // OP_NODE_QUERY_STORAGE
  ModifyNodeStorageUnits: ['ModifyNodeStorageUnits', ['node1', 'file', 'x']], // OP_NODE_MODIFY_STORAGE
  RepairNodeStorageUnits: ['RepairNodeStorageUnits', ['node1', 'file', 'x']], // OP_REPAIR_NODE_STORAGE
  ModifyNetwork: ['ModifyNetwork', ['lan'], { gateway: '10.9.0.1' }], // OP_NETWORK_SET_PARAMS
  AddFilter: ['AddFilter', [0, [], 'ACCEPT']], // job filters
  GetFilter: ['GetFilter', ['00000000-0000-4000-8000-000000000001']],
  ReplaceFilter: ['ReplaceFilter', ['00000000-0000-4000-8000-000000000001', 0, [], 'ACCEPT']],
  DeleteFilter: ['DeleteFilter', ['00000000-0000-4000-8000-000000000001']],
};

const disks = [{ size: '64m', vg: null, metavg: null }];
const nics = [{ ip: 'pool', network: 'lan', mac: 'AA:00:00:12:34:5F' }];
const spec = {
  os: null,
  pnode: 'node1',
  no_install: true,
  start: true,
  beparams: { memory: '128M', vcpus: '1' },
  hvparams: { acpi: 'True', cpu_mask: 'all', vhost_net: 'False' },
  file_driver: 'loop',
  opportunistic_locking: true,
};

/** Calls that read. */
const reading: readonly Call[] = [
  ['GetVersion'],
  ['GetFeatures'],
  ['GetInfo'],
  ['GetOperatingSystems'],
  ['GetClusterTags'],
  ['GetInstances'],
  ['GetInstances', [], { bulk: true }],
  ['GetInstance', ['web1']],
  ['GetInstanceTags', ['web1']],
  ['GetInstanceConsole', ['web1']],
  ['GetJobs'],
  ['GetJobs', [], { bulk: true }],
  ['GetJobStatus', [1]],
  ['WaitForJobChange', [1, ['status'], null, null]],
  ['GetNodes'],
  ['GetNodes', [], { bulk: true }],
  ['GetNode', ['node1']],
  ['GetNodeRole', ['node1']],
  ['GetNodeTags', ['node1']],
  ['GetNetworks'],
  ['GetNetworks', [], { bulk: true }],
  ['GetNetwork', ['lan']],
  ['GetNetworkTags', ['lan']],
  ['GetGroups'],
  ['GetGroups', [], { bulk: true }],
  ['GetGroup', ['default']],
  ['GetGroupTags', ['default']],
  ['GetFilters'],
  ['Query', ['instance', ['name', 'status'], ['=', 'name', 'web1']]],
  ['QueryFields', ['node', ['name']]],
  ['InstanceAllocation', ['create', 'web2', 'sharedfile', disks, []]],
];

/** Calls that make a job, in an order in which each succeeds. The first three make what the others need. */
const changing: readonly Call[] = [
  ['CreateNetwork', ['lan', '10.9.0.0/24'], { gateway: '10.9.0.1' }],
  ['ConnectNetwork', ['lan', 'default', 'bridged', 'br0']],
  ['CreateInstance', ['create', 'web1', 'sharedfile', disks, nics], spec],
  ['CreateInstance', ['create', 'web2', 'sharedfile', disks, []], { ...spec, dry_run: true }],
  ['RedistributeConfig'],
  ['ModifyCluster', [], { candidate_pool_size: 5, beparams: { auto_balance: 'true' }, hvparams: null }],
  ['AddClusterTags', [['a:1']]],
  ['DeleteClusterTags', [['a:1']]],
  ['AddInstanceTags', ['web1', ['a:1', 'b:2']]],
  ['DeleteInstanceTags', ['web1', ['a:1']]],
  ['RebootInstance', ['web1'], { reboot_type: 'hard', ignore_secondaries: false }],
  ['ShutdownInstance', ['web1'], { no_remember: true, timeout: 1 }],
  ['StartupInstance', ['web1']],
  ['MigrateInstance', ['web1'], { mode: 'live', target_node: 'node2' }],
  ['FailoverInstance', ['web1'], { target_node: 'node1', ignore_consistency: false }],
  ['EvacuateNode', ['node1'], { mode: 'primary-only', early_release: false, dry_run: true }],
  ['SetNodeRole', ['node3', 'drained'], { force: true }],
  ['SetNodeRole', ['node3', 'regular'], { force: true }],
  ['SetNodeRole', ['node3', 'offline'], { force: true }],
  ['SetNodeRole', ['node3', 'master-candidate']],
  ['ModifyNode', ['node3'], { ndparams: { spindle_count: '3' }, offline: null }],
  ['AddNodeTags', ['node3', ['rack:a']]],
  ['DeleteNodeTags', ['node3', ['rack:a']]],
  ['AddNetworkTags', ['lan', ['x']]],
  ['DeleteNetworkTags', ['lan', ['x']]],
  ['CreateGroup', ['rack2']],
  ['ModifyGroup', ['rack2'], { custom_ndparams: { ssh_port: 2222 }, alloc_policy: 'last_resort', ipolicy: null }],
  ['AssignGroupNodes', ['rack2', ['node3']]],
  ['AssignGroupNodes', ['default', ['node3']], { force: true }],
  ['AddGroupTags', ['rack2', ['y']]],
  ['DeleteGroupTags', ['rack2', ['y']]],
  ['RenameGroup', ['rack2', 'rack3']],
  ['DeleteGroup', ['rack3']],
  ['DeleteInstance', ['web1'], { shutdown_timeout: 1 }],
  ['DisconnectNetwork', ['lan', 'default']],
  ['DeleteNetwork', ['lan']],
];

let master: SimulatedMaster;
let rest: RestServer;

before(async () => {
  if (skip) return;
  master = await startSimulatedMaster(3);
  rest = await startRestServer(master.leading.services);
});
after(async () => {
  await rest?.close();
  await master?.close();
});

/** Makes the calls one after the other in one process of the client. */
async function drive(calls: readonly Call[]): Promise<Answer[]> {
  const program = new URL('rapi-client.py', import.meta.url).pathname;
  const child = spawn(python, [program, rest.host, String(rest.port), rest.caFile, rest.user, rest.password], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(calls.map(([method, args = [], options = {}]) => [method, args, options])));
  const lines = (await text(child.stdout)).trim().split('\n');
  assert.equal(lines.length, calls.length, 'the client ended early');
  return lines.map((line) => JSON.parse(line) as Answer);
}

const valueOf = (answer: Answer | undefined, call: Call): unknown => {
  assert.ok(answer && 'value' in answer, `${JSON.stringify(call)}: ${JSON.stringify(answer)}`);
  return answer.value;
};

interface JobPage {
  readonly status: string;
  readonly ops: readonly Record<string, unknown>[];
  readonly opresult: readonly unknown[];
}

const wait: Call = ['WaitForJobCompletion', ['$job'], { period: 0.05, retries: 400 }];
const show: Call = ['GetJobStatus', ['$job']];

/** Submits by the client, one after the other, waits for each with it, and returns the jobs. */
async function change(...calls: readonly Call[]): Promise<JobPage[]> {
  const answers = await drive(calls.flatMap((call) => [call, wait, show]));
  return calls.map((call, at) => {
    const [submitted, ended, job] = answers.slice(3 * at, 3 * at + 3).map((answer) => valueOf(answer, call));
    assert.ok(Number.isInteger(submitted), JSON.stringify(call));
    assert.equal(ended, true, `${JSON.stringify(call)}: ${JSON.stringify(job)}`);
    return job as JobPage;
  });
}

test("every method of Ganeti's client works, or says that its operation is missing", { skip, timeout: 300_000 }, async () => {
  const [methods] = await drive([['__methods__']]);
  const needed = valueOf(methods, ['__methods__']) as string[];
  await change(...changing.slice(0, 3));
  for (const [at, answer] of (await drive(reading)).entries()) valueOf(answer, reading[at] as Call);
  const missing = Object.values(notOffered);
  for (const [at, answer] of (await drive(missing)).entries()) {
    assert.ok('code' in answer && answer.code === 501, `${missing[at]?.[0]}: ${JSON.stringify(answer)}`);
    assert.match(answer.error, /this version/);
  }
  await change(...changing.slice(3));
  const [cancelled] = await drive([['CancelJob', [1]]]);
  assert.equal((valueOf(cancelled, ['CancelJob']) as unknown[])[0], false);
  const driven = new Set([...reading, ...changing, ...missing].map(([method]) => method));
  const untouched = needed.filter((name) => !driven.has(name) && !['CancelJob', 'WaitForJobCompletion', 'USER_AGENT'].includes(name));
  assert.deepEqual(untouched, [], 'methods that this test does not know');
});

test('the reason that the client sends is kept, before the resource', { skip, timeout: 60_000 }, async () => {
  const trail = async (call: Call) => {
    const [job] = await change(call);
    return (job?.ops[0]?.['reason'] as [string, string, number][]).map(([source, words]) => [source, words]);
  };
  assert.deepEqual(await trail(['RedistributeConfig', [], { reason: 'new disk' }]), [
    ['gnt:user', 'new disk'],
    ['gnt:library:rlib2:redist_config', ''],
    ['gantry:user:admin', 'cluster_redist_conf'],
    ['gnt:opcode:cluster_redist_conf', (await lastJob()) ?? ''],
  ]);
  const [first] = await trail(['AddNodeTags', ['node1', ['t']]]);
  assert.deepEqual(first, ['gnt:library:rlib2:nodes_name_tags', '']);
  const [why, resource] = await trail(['SetNodeRole', ['node2', 'regular'], { force: true, reason: 'why not' }]);
  assert.deepEqual(
    [why, resource],
    [
      ['gnt:user', 'why not'],
      ['gnt:library:rlib2:nodes_name_role', ''],
    ],
  );
});

async function lastJob(): Promise<string | undefined> {
  const id = master.leading.services.jobs.list().at(-1)?.id;
  return id === undefined ? undefined : `job=${id};index=0`;
}

test('an unknown object fails with the words that scripts look for', { skip, timeout: 60_000 }, async () => {
  const [submitted, ended, status] = await drive([['ShutdownInstance', ['nosuch']], wait, show]);
  assert.ok(Number.isInteger(valueOf(submitted, wait)));
  assert.equal(valueOf(ended, wait), false);
  const { opresult } = valueOf(status, show) as JobPage;
  assert.deepEqual(opresult, [['OpPrereqError', ["Instance 'nosuch' not known", 'unknown_entity']]]);
});

test('what the client reads of the cluster, it can send back', { skip, timeout: 60_000 }, async () => {
  const info = valueOf((await drive([['GetInfo']]))[0], ['GetInfo']) as Record<string, unknown>;
  const known = Object.keys(ganetiClusterParams(info));
  assert.ok(known.includes('hvparams') && known.includes('maintain_node_health') && known.length > 20, String(known));
  await change(['ModifyCluster', [], ganetiClusterParams(info)]);
});

/** Of `/2/info` what `/2/modify` takes in the same form. */
function ganetiClusterParams(info: Record<string, unknown>): Record<string, unknown> {
  const same = `hvparams os_hvp osparams ipolicy ndparams diskparams candidate_pool_size max_running_jobs mac_prefix default_iallocator
    default_iallocator_params enabled_hypervisors enabled_disk_templates maintain_node_health uid_pool reserved_lvs prealloc_wipe_disks
    hidden_os blacklisted_os use_external_mip_script max_tracked_jobs master_netdev master_netmask install_image zeroing_image
    compression_tools enabled_user_shutdown gluster_storage_dir instance_communication_network vg_name drbd_helper`;
  const { beparams, nicparams } = info as Record<string, { default: unknown }>;
  const members = same.split(/\s+/).map((name) => [name, info[name]]);
  return { ...Object.fromEntries(members), beparams: beparams?.default, nicparams: nicparams?.default };
}

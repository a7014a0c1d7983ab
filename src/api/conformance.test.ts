import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../../test/support/until.ts';
import { builtHypervisors, ganetiHvDefaults } from '../model/index.ts';
import { type ApiRig, startApiRig, writer } from './testing/api-rig.ts';
import { captured, capturedIndex } from './testing/captured.ts';
import { differences, shapeDifferences } from './testing/differences.ts';

// The rig holds the very cluster whose replies were captured, so replies must be equal, value by value. What may
// differ is listed, with the reason.

/** Memory moved between two captures; the rig has that of the bulk list. */
const memory = [/\.(mnode|mfree): \d+ is not \d+$/];
/** Ganeti's order is that of a hash table. */
const hashOrder = [/inst_list\[\d\]: /, /\[8\]\[1\]\[\d\]: /];
const doc = [/\.doc: /];
/** Gantry's own: a node can be configured before it joins. */
const joined = /\.joined: extra$/;

const allowed: Record<string, RegExp[]> = {
  info: [
    // Names and versions of the other software, and parameters of hypervisors that Gantry does not have.
    /\.(software_version|vcs_version): /,
    /\.(master_netdev|gluster_storage_dir|compression_tools): /,
    // The collectors that Gantry has, each with an interval of its own.
    /\.(enabled_data_collectors|data_collector_interval)\.[\w-]+: (missing|extra)$/,
    /\.data_collector_interval\.[\w-]+: \d+ is not \d+$/,
    /\.hvparams\.(xen-pvm|xen-hvm|chroot): missing$/,
    // Hypervisors that Ganeti does not have.
    new RegExp(`\\.hvparams\\.(${builtHypervisors.filter((name) => !(name in ganetiHvDefaults)).join('|') || 'none'}): extra$`),
    // Gantry's own parameters, and defaults of its own.
    /\.hvparams\.kvm\.accelerator: extra$/,
    /\.hvparams\.kvm\.(kernel_path|migration_bandwidth|vnc_bind_address): .* is not /,
    // Gantry's own.
    /^\.(location|diagnose_data_collector_filename): extra$/,
  ],
  os: [/./],
  node1: [...memory, joined],
  'nodes-bulk': [...doc, joined],
  'query-node': [...doc, /\.data\[\d\]\[[56]\]\[1\]: \d+ is not \d+$/],
  'networks-bulk': hashOrder,
  'network-lan': hashOrder,
  'query-network': [...doc, ...hashOrder],
};

let rig: ApiRig;
before(async () => {
  rig = await startApiRig();
});
after(() => rig.close());

const kinds = ['instance', 'node', 'group', 'network', 'job', 'lock', 'export', 'filter'];
// Gantry has more fields than Ganeti; a test of its own compares them.
const fieldLists = new Set(kinds.map((kind) => `query-${kind}-fields`));
const skipped = /^(err-|auth-|queryput-|jobs|job\d|query-job$)/;
const notOffered = new Set(['inst1-info', 'node1-storage']);
/** A kind that does not exist: 404, not 502. */
const otherwise = new Set(['query-nosuch']);

for (const { name, path, status } of capturedIndex()) {
  if (skipped.test(name) || notOffered.has(name) || fieldLists.has(name) || otherwise.has(name)) continue;
  test(`GET ${path} answers as Ganeti does (${name})`, async () => {
    const reply = await rig.client.send('GET', path, { user: writer });
    assert.equal(reply.status, status);
    assert.equal(reply.headers['content-type'], 'application/json');
    const ignored = [...(allowed[name] ?? doc), /^\.error: extra$/];
    const found = differences(reply.body, captured(name)).filter((line) => !ignored.some((pattern) => pattern.test(line)));
    assert.deepEqual(found, []);
  });
}

for (const kind of kinds) {
  test(`every query field of Ganeti's ${kind} exists with its title and kind, in the same order`, async () => {
    const { status, body } = await rig.client.send('GET', `/2/query/${kind}/fields`, { user: writer });
    type Definitions = { fields: { name: string; title: string; kind: string; doc: string }[] };
    const theirs = captured<Definitions>(`query-${kind}-fields`).fields.map(({ name, title, kind: type }) => [name, title, type]);
    const known = new Set(theirs.map(([name]) => name));
    const ours = (body as Definitions).fields.map(({ name, title, kind: type, doc }) => (assert.ok(doc, name), [name, title, type]));
    assert.equal(status, 200);
    const shared = ours.filter(([name]) => known.has(name));
    // Ganeti has a point before an underscore.
    if (kind === 'instance') for (const list of [shared, theirs]) list.sort();
    assert.deepEqual(shared, theirs);
  });
}

/** A job that has ended. */
async function finishedJob(body: unknown): Promise<Record<string, unknown>> {
  const { body: id } = await rig.client.send('POST', '/2/jobs', { user: writer, body });
  assert.equal(typeof id, 'number');
  return until(`job ${String(id)} has ended`, async () => {
    const { body: job } = await rig.client.send('GET', `/2/jobs/${String(id)}`, { user: writer });
    const row = job as Record<string, unknown>;
    if (['success', 'error', 'canceled'].includes(String(row['status']))) return row;
    await rig.client.send('GET', `/2/jobs/${String(id)}/wait?fields=status&previous_job_info=["${row['status']}"]`, { user: writer });
    return undefined;
  });
}

/** The parameters and the log of an opcode are its own. */
const ownParts = ({ ops, oplog, opresult, ...rest }: Record<string, unknown>) => ({
  ...rest,
  listed: [ops, oplog, opresult].map((list) => (list as unknown[]).length),
});

test('a job that succeeded has the fields of a captured one', async () => {
  const job = await finishedJob({ ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }] });
  assert.equal(job['status'], 'success');
  assert.deepEqual(shapeDifferences(ownParts(job), ownParts(captured('job14'))), []);
  assert.deepEqual(job['summary'], ['TEST_DELAY(0)']);
});

test('a job that failed reports a class of error and its arguments', async () => {
  const job = await finishedJob({ ops: [{ OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'nobody.example.com' }] });
  assert.equal(job['status'], 'error');
  assert.deepEqual(shapeDifferences(ownParts(job), ownParts(captured('job12'))), []);
  const [[type, args]] = job['opresult'] as [[string, [string, string]]];
  assert.equal(type, 'OpPrereqError');
  assert.match(args[0], /nobody\.example\.com/);
  assert.equal(args[1], 'unknown_entity');
});

test('the opcodes of a job have every member that Ganeti shows, with its default', async () => {
  const [theirs] = captured<{ ops: Record<string, unknown>[] }>('job14').ops as [Record<string, unknown>];
  // What Ganeti's command line had given, and what Ganeti found out later.
  const { instance_name, os_type, disk_template, disks, nics, beparams, hypervisor, iallocator } = theirs;
  const given = {
    OP_ID: 'OP_INSTANCE_CREATE',
    instance_name: `x${String(instance_name)}`,
    os_type,
    disks,
    nics,
    beparams,
    hypervisor,
    iallocator,
  };
  const job = await finishedJob({ ops: [{ ...given, disk_template, name_check: false, dry_run: true }] });
  const [ours] = job['ops'] as [Record<string, unknown>];
  const { reason: _ours, ...shown } = ours;
  const { reason: _theirs, pnode: _node, pnode_uuid: _uuid, file_driver: _driver, no_install: _install, ...expected } = theirs;
  assert.deepEqual(shown, { ...expected, instance_name: `x${String(instance_name)}`, dry_run: true });
});

test('the list of jobs has the fields of the captured lists', async () => {
  await finishedJob({ ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }] });
  const list = await rig.client.send('GET', '/2/jobs', { user: writer });
  assert.deepEqual(shapeDifferences(list.body, captured('jobs')), []);
  const bulk = await rig.client.send('GET', '/2/jobs?bulk=1', { user: writer });
  const [ours] = bulk.body as Record<string, unknown>[];
  assert.deepEqual(Object.keys(ours ?? {}), Object.keys(captured<Record<string, unknown>[]>('jobs-bulk')[0] ?? {}));
});

test('a job that does not exist has null in every field', async () => {
  const { status, body } = await rig.client.send('GET', '/2/jobs/99999', { user: writer });
  assert.equal(status, 200);
  assert.deepEqual(body, captured('job99999'));
});

test('the query of jobs has the columns of the captured one', async () => {
  await finishedJob({ ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }] });
  const path = '/2/query/job?fields=id,status,summary,received_ts,start_ts,end_ts,priority,opstatus';
  const { body } = await rig.client.send('GET', path, { user: writer });
  const [ours, theirs] = [body, captured('query-job')] as { data: [number, unknown][][]; fields: { doc: string }[] }[];
  const columns = (row: [number, unknown][] = []) => Object.fromEntries(row.map(([, value], index) => [index, value]));
  assert.deepEqual(shapeDifferences(columns(ours?.data[0]), columns(theirs?.data[0])), []);
  assert.deepEqual(
    differences(ours?.fields, theirs?.fields).filter((line) => !doc[0]?.test(line)),
    [],
  );
});

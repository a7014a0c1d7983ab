import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../support/until.ts';
import { assertVerified, changesNothing, configurationOf, guestProcesses, tracesOf } from './cluster-traces.ts';
import { inGuest, openGuestShell } from './guest-console.ts';
import { startLocalCluster } from './local-cluster.ts';

const shape = ['--os', 'tiny', '--disk', '64M', '--memory', '128M'];

let cluster: Awaited<ReturnType<typeof startLocalCluster>>;

before(async () => {
  cluster = await startLocalCluster();
});
after(() => cluster.dispose());

const gantry = (...args: string[]) => cluster.succeed(...args);

const json = async <T>(...args: string[]): Promise<T> => JSON.parse(await gantry(...args, '--output', 'json')) as T;

interface InstanceRow {
  readonly name: string;
  readonly pnode: string;
  readonly status: string;
  readonly 'nic.ips': readonly string[];
  readonly tags: readonly string[];
}

async function instance(name: string): Promise<InstanceRow> {
  const rows = await json<InstanceRow[]>('instance', 'info', name);
  assert.equal(rows.length, 1);
  return rows[0] as InstanceRow;
}

/** Gives `body` instances that are gone afterwards, whatever happens. */
async function withInstances(wanted: Record<string, readonly string[]>, body: () => Promise<void>): Promise<void> {
  const names = Object.keys(wanted);
  await Promise.all(names.map((name) => gantry('instance', 'add', name, ...shape, ...(wanted[name] ?? []))));
  try {
    await body();
  } finally {
    await Promise.all(names.map((name) => gantry('instance', 'remove', name, '--yes', '--shutdown-timeout', '0')));
  }
}

const has = (text: string, ...words: string[]): void => {
  for (const word of words) assert.ok(text.includes(word), `"${word}" is missing in:\n${text}`);
};

test('an instance is placed, gets an address of the network, is shown, and is removed without a trace', async () => {
  await assertVerified(cluster);
  const before = [await configurationOf(cluster), await tracesOf(cluster)];
  const added = await cluster.gantry(['instance', 'add', 'shown', ...shape]);
  assert.equal(added.code, 0, added.stderr);
  const row = await instance('shown');
  has(added.stdout, 'shown', row.pnode);
  assert.match(row.pnode, /^node[123]$/);
  assert.equal(row.status, 'running');
  const [bridge] = cluster.summary.nodes.map((node) => node.bridge_address.replace(/\.\d+\/\d+$/, '.'));
  assert.ok(row['nic.ips'][0]?.startsWith(bridge ?? '-'), `${row['nic.ips']} is not in ${bridge}0`);
  assert.deepEqual(
    (await json<InstanceRow[]>('instance', 'list')).find(({ name }) => name === 'shown'),
    row,
  );
  has(await gantry('instance', 'list'), 'shown', row.pnode, 'running', row['nic.ips'][0] ?? '-');
  has(await gantry('instance', 'info', 'shown'), 'running', row.pnode, 'network lan', '64M');
  const node = cluster.summary.nodes.find(({ name }) => name === row.pnode);
  const traces = await tracesOf(cluster);
  assert.equal(traces.filter((trace) => /^process \d+ shown$/.test(trace)).length, 1);
  assert.equal(traces.filter((trace) => trace.startsWith('tap ') && trace.endsWith(` on ${node?.name}`)).length, 1);
  assert.ok(traces.some((trace) => /\/shared-file-storage\/[0-9a-f-]{36}\//.test(trace)));
  await assertVerified(cluster);
  await gantry('instance', 'remove', 'shown', '--yes', '--shutdown-timeout', '0');
  assert.deepEqual([await configurationOf(cluster), await tracesOf(cluster)], before);
  await assertVerified(cluster);
});

test('guests on two nodes reach each other, and one goes on through a live migration', () =>
  withInstances({ east: ['-n', 'node1'], west: ['-n', 'node2'] }, async () => {
    const west = (await instance('west'))['nic.ips'][0];
    // It answers only when it has booted.
    await inGuest(cluster, 'west', 'true');
    const east = await openGuestShell(cluster, 'east');
    has(await east.run(`ping -c 2 -w 10 ${west}`), ' 0% packet loss');
    await east.run('mark=survived; (n=0; while :; do n=$((n+1)); echo $n >/tmp/beats; sleep 1; done) & sleep 2');
    const [uptime, beats] = (await east.run('cut -d" " -f1 /proc/uptime /tmp/beats')).split('\n').map(Number);
    await east.leave();
    const { result } = await json<{ result: { node: string; downtime_ms: number; total_ms: number } }>('instance', 'migrate', 'east');
    assert.notEqual(result.node, 'node1');
    assert.equal((await instance('east')).pnode, result.node);
    assert.ok(result.downtime_ms >= 0 && result.downtime_ms <= result.total_ms, JSON.stringify(result));
    const again = await openGuestShell(cluster, 'east');
    assert.equal(await again.run('echo $mark'), 'survived');
    const [later, laterBeats] = (await again.run('sleep 1; cut -d" " -f1 /proc/uptime /tmp/beats')).split('\n').map(Number);
    assert.ok((later ?? 0) > (uptime ?? 0) && (laterBeats ?? 0) > (beats ?? 0), `${uptime} → ${later}, ${beats} → ${laterBeats}`);
    has(await again.run(`ping -c 2 -w 10 ${west}`), ' 0% packet loss');
    await again.leave();
    const back = await gantry('instance', 'migrate', 'east', '-n', 'node1');
    assert.match(back, /downtime: +\d+ ms/);
    assert.equal((await instance('east')).pnode, 'node1');
    assert.equal((await guestProcesses(cluster.summary.uid_base)).filter(({ name }) => name === 'east').length, 1);
    await assertVerified(cluster);
  }));

test('a disk outlives shutdown, startup, reboot and failover; the memory does not', () =>
  withInstances({ phoenix: ['-n', 'node1'] }, async () => {
    await inGuest(cluster, 'phoenix', 'echo written >/dev/vda; sync; touch /tmp/volatile');
    await gantry('instance', 'reboot', 'phoenix');
    assert.equal(await inGuest(cluster, 'phoenix', 'head -c 7 /dev/vda; ls /tmp'), 'written');
    await gantry('instance', 'shutdown', 'phoenix', '--timeout', '20');
    assert.equal((await instance('phoenix')).status, 'ADMIN_down');
    assert.ok(!(await guestProcesses(cluster.summary.uid_base)).some(({ name }) => name === 'phoenix'));
    await assertVerified(cluster);
    await gantry('instance', 'startup', 'phoenix');
    assert.equal((await instance('phoenix')).status, 'running');
    await gantry('instance', 'failover', 'phoenix', '--yes', '--shutdown-timeout', '0', '-n', 'node3');
    const { pnode, status } = await instance('phoenix');
    assert.deepEqual([pnode, status], ['node3', 'running']);
    assert.equal(await inGuest(cluster, 'phoenix', 'head -c 7 /dev/vda'), 'written');
    await assertVerified(cluster);
  }));

test('tags are added, found and removed', () =>
  withInstances({ tagged: ['--no-start'] }, async () => {
    await gantry('tag', 'add', 'instance', 'tagged', 'env:prod', 'owner:anna');
    await gantry('tag', 'add', 'node', 'node1', 'rack:7');
    assert.equal(await gantry('tag', 'list', 'instance', 'tagged'), 'env:prod\nowner:anna\n');
    await gantry('tag', 'remove', 'instance', 'tagged', 'env:prod');
    assert.deepEqual((await instance('tagged')).tags, ['owner:anna']);
    await gantry('tag', 'remove', 'node', 'node1', 'rack:7');
    const missing = await cluster.gantry(['tag', 'remove', 'instance', 'tagged', 'never']);
    assert.notEqual(missing.code, 0);
    assert.match(missing.stderr, /never/);
  }));

test('nothing new goes to drained nodes', async () => {
  const drain = async (drained: 'yes' | 'no') => {
    for (const node of ['node2', 'node3']) await gantry('node', 'modify', node, '--drained', drained, '--force');
  };
  await drain('yes');
  try {
    const names = ['dry1', 'dry2', 'dry3'];
    await withInstances(Object.fromEntries(names.map((name) => [name, ['--no-start']])), async () => {
      for (const name of names) assert.equal((await instance(name)).pnode, 'node1');
    });
    const { code, stderr } = await cluster.gantry(['instance', 'add', 'dry4', ...shape, '-n', 'node2']);
    assert.equal(code, 5);
    assert.match(stderr, /drained/);
  } finally {
    await drain('no');
  }
  for (const node of ['node2', 'node3']) await gantry('node', 'modify', node, '--master-candidate', 'yes');
  await withInstances({ wet: ['-n', 'node2', '--no-start'] }, async () => undefined);
});

test('a group is made, gets a node and its instances, and goes again', async () => {
  await gantry('group', 'add', 'edge');
  await gantry('network', 'connect', 'lan', 'edge', 'bridged', 'br0');
  await gantry('group', 'assign-nodes', 'edge', 'node3');
  has(await gantry('group', 'list'), 'edge');
  await withInstances({ rim: ['--node-group', 'edge', '--no-start'] }, async () => {
    assert.equal((await instance('rim')).pnode, 'node3');
    const { code, stderr } = await cluster.gantry(['group', 'remove', 'edge']);
    assert.equal(code, 5, stderr);
  });
  await gantry('group', 'assign-nodes', 'default', 'node3');
  await gantry('network', 'disconnect', 'lan', 'edge');
  await gantry('group', 'remove', 'edge');
  await assertVerified(cluster);
});

test('a dry run changes nothing', () =>
  withInstances({ still: [] }, () =>
    changesNothing(cluster, async () => {
      const lines = [
        ['instance', 'add', 'never', ...shape],
        ['instance', 'remove', 'still', '--yes'],
        ['instance', 'migrate', 'still'],
        ['instance', 'failover', 'still', '--yes'],
        ['instance', 'shutdown', 'still'],
        ['instance', 'reboot', 'still'],
        ['node', 'modify', 'node3', '--drained', 'yes'],
        ['group', 'add', 'never'],
        ['tag', 'add', 'instance', 'still', 'never'],
      ];
      for (const line of lines) has(await gantry(...line, '--dry-run'), 'Dry run: nothing was changed.');
    }),
  ));

test('clients of Ganeti create, move and remove an instance over HTTPS', async () => {
  const { http, ...client } = await cluster.client();
  const done = async (id: unknown) => {
    assert.equal(typeof id, 'number');
    const look = async () => {
      const job = (await http.request('GET', `/2/jobs/${id}`)) as { status: string; opresult: unknown[]; ops: { OP_ID: string }[] };
      if (job.status === 'success') return job;
      assert.doesNotMatch(job.status, /error|canceled/, JSON.stringify(job.opresult));
      await http.request('GET', `/2/jobs/${id}/wait`, {
        body: { fields: ['status'], previous_job_info: [job.status], previous_log_serial: null },
      });
      return undefined;
    };
    return until(`job ${id} has ended`, look, { seconds: 120 });
  };
  const body = {
    __version__: 1,
    mode: 'create',
    instance_name: 'rapi1',
    disk_template: 'sharedfile',
    disks: [{ size: 64 }],
    nics: [{}],
    os_type: 'tiny',
    beparams: { memory: 128 },
    hypervisor: 'kvm',
  };
  try {
    const created = await done(await http.request('POST', '/2/instances', { body }));
    assert.equal(created.ops[0]?.OP_ID, 'OP_INSTANCE_CREATE');
    const row = (await http.request('GET', '/2/instances/rapi1')) as { pnode: string; oper_state: boolean; beparams: { memory: number } };
    assert.deepEqual([row.oper_state, row.beparams.memory, created.opresult], [true, 128, [[row.pnode]]]);
    await done(await http.request('PUT', '/2/instances/rapi1/tags', { query: { tag: 'a' } }));
    assert.deepEqual(await http.request('GET', '/2/instances/rapi1/tags'), ['a']);
    await done(await http.request('PUT', '/2/instances/rapi1/migrate', { body: {} }));
    const moved = (await http.request('GET', '/2/instances/rapi1')) as { pnode: string };
    assert.notEqual(moved.pnode, row.pnode);
    await done(await http.request('PUT', '/2/instances/rapi1/failover', { body: { target_node: row.pnode, shutdown_timeout: 0 } }));
    await done(await http.request('POST', '/2/instances/rapi1/reboot', { query: { type: 'hard', shutdown_timeout: 0 } }));
    await done(await http.request('PUT', '/2/instances/rapi1/shutdown', { body: { timeout: 0 } }));
    await done(await http.request('PUT', '/2/instances/rapi1/startup', { body: {} }));
    assert.equal(((await http.request('GET', '/2/instances/rapi1')) as { status: string }).status, 'running');
  } finally {
    await done(await http.request('DELETE', '/2/instances/rapi1', { query: { shutdown_timeout: 0 } }));
    client.close();
  }
  assert.ok(!(await tracesOf(cluster)).some((trace) => trace.includes('rapi1')));
  await assertVerified(cluster);
});

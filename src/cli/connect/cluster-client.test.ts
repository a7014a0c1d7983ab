import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type FakeCluster, startFakeCluster } from '../testing/fake-cluster.ts';
import { findCluster } from './client-config.ts';
import { type ClusterClient, createClusterClient, namesInList } from './cluster-client.ts';

let cluster: FakeCluster;
let client: ClusterClient;

before(async () => {
  cluster = await startFakeCluster();
  client = createClusterClient(findCluster({}, cluster.env));
});
after(async () => {
  client.close();
  await cluster.close();
});
beforeEach(() => {
  cluster.seen.length = 0;
});

test('objects are asked for by kind and by name, jobs that do not exist are told', async () => {
  assert.equal((await client.list('groups')).length, 2);
  assert.deepEqual(await client.names('groups'), ['default', 'rack2']);
  assert.deepEqual(await client.names('jobs'), ['1', '12', '14']);
  assert.equal((await client.one('groups', 'rack2'))['name'], 'rack2');
  cluster.on('GET /2/nodes/a%2Fb%3Fc', () => ({ name: 'a/b?c', status: null }));
  assert.equal((await client.one('nodes', 'a/b?c'))['name'], 'a/b?c');
  cluster.on('GET /2/jobs/99', () => ({ id: 99, status: null }));
  await assert.rejects(client.one('jobs', '99'), { code: 'JOB_UNKNOWN', message: /99/ });
  assert.deepEqual(namesInList([{ id: 1 }, { id: 'x', name: 'y' }, { name: 'z' }]), ['1', 'y', 'z']);
});

test('a query names its fields and its filter; a field that does not exist is left out', async () => {
  const rows = await client.query('instances', ['name', 'oper_ram', 'nosuch'], ['=', 'name', 'inst4.r5.test']);
  assert.deepEqual(rows, [{ name: 'inst4.r5.test', oper_ram: null }]);
  assert.deepEqual(cluster.seen[0], {
    method: 'PUT',
    path: '/2/query/instance',
    body: { fields: ['name', 'oper_ram', 'nosuch'], qfilter: ['=', 'name', 'inst4.r5.test'] },
  });
  assert.deepEqual(await client.passing('jobs', ['>=', 'id', 12]), new Set(['12', '14']));
  assert.deepEqual(await client.passing('nodes', ['=', 'name', 'node2']), new Set(['node2']));
  cluster.on('PUT /2/query/network', () => ({
    data: [
      [[0, 'lan']],
      [
        [2, null],
        [3, 5],
      ],
      [],
    ],
  }));
  assert.deepEqual(await client.query('networks', ['name', 'free'], null), [{ name: 'lan' }, { name: null, free: 5 }, {}]);
});

test('a wait tells what is known, and nothing when nothing has happened', async () => {
  const answers: unknown[] = [
    { job_info: ['running', ['running']], log_entries: [[3, [1, 0], 'message', 'x']], seen: 's' },
    null,
    {
      job_info: ['success', []],
      log_entries: [],
      progress: { step: 'a', index: 1, count: 2, fraction: null, text: '' },
      waiting_for: ['b'],
    },
  ];
  cluster.on('GET /2/jobs/7/wait', () => answers.shift());
  assert.deepEqual(await client.waitForJob(7, { values: null, logSerial: 0 }), {
    id: 7,
    status: 'running',
    known: ['running', ['running']],
    log: [[3, [1, 0], 'message', 'x']],
    progress: null,
    waitingFor: [],
    seen: 's',
  });
  cluster.on('GET /2/jobs/8/wait', () => ({ job_info: ['success'], log_entries: [] }));
  const query = (index: number) => Object.fromEntries(new URL(cluster.seen[index]?.path ?? '', 'https://x').searchParams);
  assert.deepEqual(query(0), { fields: 'status,opstatus', previous_log_serial: '0', progress: '1' });
  await client.waitForJob(8, { values: ['running', ['running']], logSerial: 3, seen: 's' });
  assert.deepEqual(query(1), {
    fields: 'status,opstatus',
    previous_job_info: '["running",["running"]]',
    previous_log_serial: '3',
    progress: '1',
    seen: 's',
  });
});

test('a job is read with all its fields', async () => {
  cluster.on('GET /2/jobs/9/wait', ({ path }) => {
    const fields = new URL(path, 'https://x').searchParams.get('fields')?.split(',') ?? [];
    return {
      job_info: fields.map((name) => ({ id: 9, status: 'success', opresult: ['short'], opoutcome: ['long'] })[name] ?? null),
      log_entries: [],
    };
  });
  const { id, status, opresult } = await client.job(9);
  assert.deepEqual([id, status, opresult], [9, 'success', ['long']]);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Json } from '../../base/index.ts';
import { createRunFolderInstances } from '../collector/run-folder-instances.ts';
import { formatSamples } from '../host/format-samples.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { createInstStatusDocker, judgeContainer, parseContainer } from './inst-status-docker.ts';

const inspect = (id: string, name: string, state: { [key: string]: Json }, labels: { [key: string]: Json } | null = null) => ({
  Id: id,
  Name: `/${name}`,
  Config: { Labels: labels },
  State: {
    Status: 'running',
    Pid: 0,
    ExitCode: 0,
    OOMKilled: false,
    StartedAt: '2026-11-22T23:58:20.5Z',
    FinishedAt: '0001-01-01T00:00:00Z',
    ...state,
  },
});

const verdict = (state: { [key: string]: Json }) => {
  const container = parseContainer(inspect('i', 'n', state));
  const found = container && judgeContainer(container);
  return found && [found.actual, found.source, found.code];
};

test('who stopped a container', () => {
  assert.deepEqual(verdict({ Pid: 5 }), ['running', 'gantry:operator', 0]);
  assert.deepEqual(verdict({ Status: 'paused', Pid: 5 }), ['paused', 'gantry:operator', 0]);
  assert.deepEqual(verdict({ Status: 'exited' }), ['shutdown', 'gantry:user', 0]);
  assert.deepEqual(verdict({ Status: 'exited', ExitCode: 137 }), ['shutdown', 'gantry:operator', 0]);
  assert.deepEqual(verdict({ Status: 'exited', ExitCode: 143 }), ['shutdown', 'gantry:operator', 0]);
  assert.deepEqual(verdict({ Status: 'exited', ExitCode: 137, OOMKilled: true }), ['crashed', 'gantry:node', 4]);
  assert.deepEqual(verdict({ Status: 'exited', ExitCode: 1 }), ['crashed', 'gantry:node', 4]);
  assert.deepEqual(verdict({ Status: 'restarting', ExitCode: 2 }), ['crashed', 'gantry:node', 1]);
  assert.deepEqual(verdict({ Status: 'created' }), ['shutdown', 'gantry:operator', 0]);
  assert.deepEqual(verdict({ Status: 'dreaming' }), ['unknown', 'gantry:node', 2]);
});

test('names by label or by container; anything else is no container', () => {
  assert.equal(parseContainer(inspect('i', 'n', {}, { 'gantry.instance': 'web1' }))?.name, 'web1');
  assert.equal(parseContainer(inspect('i', 'n', {}))?.name, 'n');
  const others: (Json | undefined)[] = [
    undefined,
    null,
    7,
    'x',
    [],
    {},
    { Id: 'x' },
    { Id: 'x', Name: '/y' },
    { Id: 'x', Name: '/y', State: { Status: 5 } },
  ];
  for (const nothing of others) {
    assert.equal(parseContainer(nothing), undefined);
  }
});

test('the collector: no engine, containers, one that goes meanwhile, an engine in trouble', async () => {
  using host = createTestHost();
  const socket = join(host.root, 'docker.sock');
  const instances = createRunFolderInstances(host.context);
  const collector = createInstStatusDocker(socket);
  const collect = collector.start({ ...host.context, instances });
  assert.deepEqual(await collect(calmRun), { instances: [], status: { code: 0, message: '' } });

  const containers = new Map<string, object>([
    ['a', inspect('a', 'web1', { Pid: 41, StartedAt: '2026-11-22T23:58:20Z' })],
    ['b', inspect('b', 'db1', { Status: 'exited', ExitCode: 3, FinishedAt: '2026-11-22T23:00:00Z' })],
  ]);
  let list: object[] = [
    { Id: 'a', State: 'running', Status: 'Up 2 minutes' },
    { Id: 'b', State: 'exited', Status: 'Exited (3) 1 hour ago' },
    { Id: 'gone', State: 'running', Status: 'Up 2 seconds' },
  ];
  let broken: string | undefined;
  const asked: string[] = [];
  const engine = createServer((request, response) => {
    asked.push(request.url ?? '');
    const id = /^\/containers\/(.*)\/json$/.exec(request.url ?? '')?.[1];
    const body = id === undefined ? list : containers.get(id);
    response.statusCode = broken === undefined ? (body ? 200 : 404) : 500;
    response.end(broken ?? JSON.stringify(body ?? { message: 'No such container' }));
  }).listen(socket);
  await once(engine, 'listening');
  try {
    const report = await collect(calmRun);
    assert.deepEqual(report.status, { code: 4, message: 'db1: crashed with exit code 3' });
    assert.deepEqual(
      report.instances.map(({ name, actualState, uptime, mtime }) => [name, actualState, uptime, mtime]),
      [
        ['web1', 'running', '0:01:41', Date.parse('2026-11-22T23:58:20Z') / 1000],
        ['db1', 'crashed', null, Date.parse('2026-11-22T23:00:00Z') / 1000],
      ],
    );
    assert.deepEqual(
      instances.list().map(({ name, pid, hypervisor }) => [name, pid, hypervisor]),
      [['web1', 41, 'docker']],
    );
    assert.equal(
      formatSamples(collector, report)[0]?.text,
      'gantry_container_status{instance="web1"} 0\ngantry_container_status{instance="db1"} 4\n',
    );

    asked.length = 0;
    await collect(calmRun);
    assert.deepEqual(asked, ['/containers/json?all=1', '/containers/gone/json'], 'only what may have changed is asked for');

    list = [{ Id: 'a', State: 'exited', Status: 'Exited (0) Less than a second ago' }];
    containers.set('a', inspect('a', 'web1', { Status: 'exited' }));
    assert.deepEqual((await collect(calmRun)).instances[0]?.status.message, 'stopped by its user');
    assert.deepEqual(instances.list(), []);

    broken = 'the engine is ill';
    await assert.rejects(async () => collect(calmRun), /Docker answers 500 to .*: the engine is ill/);
  } finally {
    engine.close();
  }
});

test('an engine that says nothing, and one that talks rubbish', async () => {
  using host = createTestHost();
  const socket = join(host.root, 'docker.sock');
  let rubbish = false;
  const engine = createServer((_, response) => {
    if (rubbish) response.end('{"');
  }).listen(socket);
  await once(engine, 'listening');
  const collect = host.begin(createInstStatusDocker(socket));
  await assert.rejects(async () => collect({ signal: AbortSignal.timeout(50) }));
  rubbish = true;
  await assert.rejects(async () => collect(calmRun), SyntaxError);
  engine.close();
  engine.closeAllConnections();
});

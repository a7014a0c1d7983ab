import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatSamples, type Json } from '../../base/index.ts';
import { createRunFolderInstances } from '../collector/run-folder-instances.ts';
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

const verdict = (state: { [key: string]: Json }, signalled?: boolean) => {
  const container = parseContainer(inspect('i', 'n', state));
  const found = container && judgeContainer({ ...container, ...(signalled !== undefined && { signalled }) });
  return found && [found.actualState, found.source, found.code];
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

test('who stopped a container, where the engine’s file tells whether it was asked to', () => {
  const [operator, user, crash] = [
    ['shutdown', 'gantry:operator', 0],
    ['shutdown', 'gantry:user', 0],
    ['crashed', 'gantry:node', 4],
  ];
  const exited = (ExitCode: number, signalled: boolean, OOMKilled = false) => verdict({ Status: 'exited', ExitCode, OOMKilled }, signalled);
  for (const code of [0, 137, 143]) assert.deepEqual(exited(code, true), operator, 'docker stop, however it was taken');
  assert.deepEqual(exited(137, true, true), operator, 'of which a process was killed before');
  assert.deepEqual(exited(3, true), crash, 'sent a signal for its logs');
  assert.deepEqual(exited(0, false), user);
  assert.deepEqual(exited(0, false, true), user);
  assert.deepEqual(exited(143, false), operator, 'the engine was stopped');
  assert.deepEqual(exited(137, false), crash, 'the kernel, for want of memory of the host');
});

test('whether the engine was asked is read from its own file; without it the exit code tells', async () => {
  const id = 'a'.repeat(64);
  const other = 'b'.repeat(64);
  using host = createTestHost();
  const file = (text: string) => host.write(`/srv/docker/containers/${id}/config.v2.json`, text);
  using _engine = await fakeEngine(
    join(host.root, 'docker.sock'),
    () => [{ Id: id, State: 'exited', Status: 'Exited (0) 5 seconds ago' }],
    async () => ({
      ...inspect(id, 'web1', { Status: 'exited', StartedAt: '', FinishedAt: '' }),
      Created: '2026-11-22T23:00:00Z',
      // In the network of another container.
      ResolvConfPath: `/srv/docker/containers/${other}/resolv.conf`,
    }),
  );
  const collect = host.begin(createInstStatusDocker(join(host.root, 'docker.sock')));
  const told = async () => {
    const [one] = (await collect(calmRun)).instances;
    return [one?.adminState, one?.state_reason[0]?.[1], one?.mtime];
  };
  const created = Date.parse('2026-11-22T23:00:00Z') / 1000;
  assert.deepEqual(await told(), ['up', 'stopped by its user', created]);
  for (const text of ['{"HasBeenManuallyStopped":false}', '{"HasBeenManuallyStopped":"yes"}', '[]', '{', '']) {
    file(text);
    assert.deepEqual(await told(), ['up', 'stopped by its user', created]);
  }
  file('{"Config":{"Env":["X=\\"HasBeenManuallyStopped\\":false"]},"HasBeenManuallyStopped":true}');
  assert.deepEqual(await told(), ['down', 'stopped by the operator', created]);
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

/** An engine that answers to each question as `inspected` says. */
async function fakeEngine(socket: string, list: () => object[], inspected: (id: string) => Promise<object>) {
  const server = createServer(async (request, response) => {
    const id = /^\/containers\/(.*)\/json$/.exec(request.url ?? '')?.[1];
    response.end(JSON.stringify(id === undefined ? list() : await inspected(id)));
  }).listen(socket);
  await once(server, 'listening');
  return {
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

test('a slow engine: eight questions at once, what is known stays known, and what is not is told', async () => {
  using host = createTestHost();
  const names = Array.from({ length: 20 }, (_, i) => `c${i}`);
  let [open, most, patience, hanging] = [0, 0, 10, 0];
  const asked: string[] = [];
  const enough = Promise.withResolvers<void>();
  using _engine = await fakeEngine(
    join(host.root, 'docker.sock'),
    () => names.map((name) => ({ Id: name, Names: [`/${name}`], State: 'running', Status: 'Up 2 hours' })),
    async (id) => {
      asked.push(id);
      open++;
      most = Math.max(most, open);
      if (patience-- > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      else {
        if (++hanging === 8) enough.resolve();
        await new Promise(() => undefined);
      }
      open--;
      return inspect(id, id, { Pid: 41 });
    },
  );
  const collector = createInstStatusDocker(join(host.root, 'docker.sock'));
  const time = new AbortController();
  void enough.promise.then(() => time.abort());
  const first = await host.begin(collector)({ signal: time.signal });
  assert.equal(most, 8);
  const count = (report: typeof first, state: string) => report.instances.filter(({ actualState }) => actualState === state).length;
  assert.deepEqual([first.instances.length, count(first, 'running'), count(first, 'unknown')], [20, 10, 10]);
  assert.deepEqual(
    first.instances.map(({ name }) => name),
    names,
  );
  assert.match(first.status.message, /^c\d+: the engine did not report it in time$/m);
  const told = first.instances.filter(({ actualState }) => actualState === 'running').map(({ name }) => name);
  [open, patience] = [0, 100];
  asked.length = 0;
  const second = await host.begin(collector)(calmRun);
  assert.deepEqual(asked.toSorted(), names.filter((name) => !told.includes(name)).toSorted(), 'only those that had not been told of');
  assert.equal(count(second, 'running'), 20);
});

test('a container that restarted or has another name is asked for again', async () => {
  const stat = (started: number) => `41 (sh) S ${'1 '.repeat(18)}${started} 1000 5 1 1\n`;
  using host = createTestHost({ '/proc/41/stat': stat(100) });
  const listed = { Id: 'a', Names: ['/web1'], Created: 5, State: 'running', Status: 'Up 2 hours' };
  let list = listed;
  let asked = 0;
  using _engine = await fakeEngine(
    join(host.root, 'docker.sock'),
    () => [list],
    async (id) => {
      asked++;
      return inspect(id, list.Names[0]?.slice(1) ?? '', { Pid: 41 });
    },
  );
  const collect = host.begin(createInstStatusDocker(join(host.root, 'docker.sock')));
  const count = async () => {
    asked = 0;
    const { instances } = await collect(calmRun);
    return [asked, instances[0]?.name];
  };
  assert.deepEqual(await count(), [1, 'web1']);
  assert.deepEqual(await count(), [0, 'web1']);
  list = { ...listed, Names: ['/web2'] };
  assert.deepEqual(await count(), [1, 'web2']);
  list = { ...list, Created: 6 };
  assert.deepEqual(await count(), [1, 'web2']);
  list = { ...list, Status: 'Up 5 minutes' };
  assert.deepEqual(await count(), [1, 'web2']);
  host.write('/proc/41/stat', stat(777));
  assert.deepEqual(await count(), [1, 'web2'], 'its PID is that of another process');
  assert.deepEqual(await count(), [0, 'web2']);
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

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { httpsClient } from '../../src/api/testing/https-client.ts';
import { jobEnd } from '../../src/cluster/index.ts';
import { createNodeClient } from '../../src/rpc/index.ts';
import { Loopback } from '../../src/rpc/testing/loopback.ts';
import { heardLog, type LogLine } from '../support/heard-log.ts';
import { startRestServer } from '../support/rest-server.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';
import { until } from '../support/until.ts';

// Whoever searches for one trace finds the whole story of one request, and nothing of another.

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface TracedCluster {
  readonly master: SimulatedMaster;
  /** What the master, and each node's agent, has written. */
  readonly logs: ReadonlyMap<string, LogLine[]>;
  send(method: string, path: string, trace: string, body?: unknown): Promise<unknown>;
}

/** A master with its REST server and three agents that it calls over TLS; only hypervisors, disks and networks are not real. */
async function startTracedCluster(): Promise<TracedCluster> {
  const loopback = await Loopback.create();
  closers.push(() => loopback.close());
  const heard = heardLog();
  const logs = new Map([['master', heard.lines]]);
  const credentials = await loopback.credentials({ role: 'master', name: 'master' });
  const targets = new Map<string, { name: string; address: string; port: number; fingerprint: string }>();
  const listening: Promise<unknown>[] = [];
  const master = await startSimulatedMaster(3, {
    log: heard.log,
    connect: (simulation, term, epoch) => {
      if (targets.size === 0 && listening.length === 0) {
        for (const [index, uuid] of simulation.nodes.entries()) {
          const name = `node${index + 1}`;
          const own = heardLog();
          logs.set(name, own.lines);
          const dispatcher = simulation.dispatcher(uuid);
          const agent = loopback.agent(async () => assert.fail(), { dispatcher, log: own.log });
          listening.push(agent.then(({ target }) => targets.set(uuid, { ...target, name })));
        }
      }
      const client = createNodeClient({ credentials, term, epoch, resolve: (uuid) => targets.get(uuid) });
      closers.push(() => client.close());
      return {
        call: async (node, method, params, options) => {
          await Promise.all(listening);
          return client.call(node, method, params, options);
        },
        cancelStep: (node, step) => client.cancelStep(node, step),
      };
    },
  });
  closers.push(() => master.close());
  const rest = await startRestServer(master.leading.services);
  closers.push(() => rest.close());
  const client = httpsClient(rest, rest.ca);
  closers.push(() => client.close());
  const send = async (method: string, path: string, trace: string, body?: unknown) => {
    const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    const reply = await client.send(method, path, { user: 'admin:secret', headers, ...(body !== undefined && { body }) });
    assert.deepEqual([reply.status, reply.headers['gantry-trace']], [200, trace]);
    return reply.body;
  };
  return { master, logs, send };
}

const create = (name: string, node: string) => ({
  ops: [
    {
      OP_ID: 'OP_INSTANCE_CREATE',
      instance_name: name,
      pnode: node,
      no_install: true,
      disks: [{ size: 64 }],
      osparams_secret: { password: 'top-secret-word' },
    },
  ],
});

const [first, second] = ['1'.repeat(32), '2'.repeat(32)] as const;

/** Lines of a trace: where they stand, what they say, of which step. */
const story = (logs: TracedCluster['logs'], trace: string) =>
  [...logs].flatMap(([place, lines]) =>
    lines
      .filter(({ facts }) => facts['trace'] === trace)
      .map(({ text, facts }) => ({ place, text, step: String(facts['step'] ?? ''), facts })),
  );

test('one trace leads through request, audit, job, steps and the calls on both sides; another request has its own', async () => {
  const { master, logs, send } = await startTracedCluster();
  const { jobs } = master.leading.services;
  const [one, two] = (await Promise.all([
    send('POST', '/2/jobs', first, create('web1', 'node1')),
    send('POST', '/2/jobs', second, create('web2', 'node2')),
  ])) as [number, number];
  await Promise.all([jobEnd(jobs, one), jobEnd(jobs, two)]);
  await until('the requests and the ends are told', () =>
    [first, second].every((trace) => ['request', 'opcode ended'].every((text) => story(logs, trace).some((line) => line.text === text))),
  );
  for (const [trace, job, node] of [
    [first, one, 'node1'],
    [second, two, 'node2'],
  ] as const) {
    const lines = story(logs, trace);
    const texts = new Set(lines.map(({ place, text }) => `${place}: ${text}`));
    for (const text of ['request', 'opcode submitted', 'step done', 'node called', 'opcode ended'])
      assert.ok(texts.has(`master: ${text}`), text);
    for (const text of ['called', 'call done']) assert.ok(texts.has(`${node}: ${text}`), text);
    // Every call of a step is told on both sides, with the same id of the step and the same method.
    const calls = (place: string, text: string) =>
      lines
        .flatMap((line) =>
          line.text === text && line.place === place && line.step !== '' ? `${line.step} ${String(line.facts['method'])}` : [],
        )
        .sort();
    const made = lines.flatMap(({ text, step, facts }) =>
      text === 'node called' && step !== '' && facts['node'] === node ? `${step} ${String(facts['method'])}` : [],
    );
    assert.ok(made.length >= 2);
    assert.deepEqual(calls(node, 'call done'), made.sort());
    for (const { text, facts } of lines) {
      if (['step done', 'opcode ended', 'opcode submitted'].includes(text)) assert.equal(facts['job'], job);
      if (/done|ended|node called|request/.test(text)) assert.ok(Number(facts['ms']) >= 0, text);
      if (['request', 'opcode submitted', 'opcode ended'].includes(text)) assert.equal(facts['user'], 'admin');
    }
    const [steps] = [jobs.list().find(({ id }) => id === job)?.ops[0]?.steps ?? []];
    const told = lines.filter(({ text, facts }) => text === 'step done' && facts['kind'] !== 'plan').map(({ step }) => step);
    assert.deepEqual(
      told,
      steps.map(({ step }) => step),
    );
  }
  assert.ok(![...logs.values()].some((lines) => JSON.stringify(lines).includes('top-secret-word')));
});

test('a job that goes on under the next master keeps its trace, and the nodes see it', async () => {
  const { master, logs, send } = await startTracedCluster();
  const gate = Promise.withResolvers<void>();
  master.simulation.hold('disk-create', gate.promise);
  const id = Number(await send('POST', '/2/jobs', first, create('web1', 'node1')));
  await until('the step that is held has begun', () =>
    story(logs, first).some(({ place, text }) => place === 'node1' && text === 'called'),
  );
  const succeeding = master.succeed(async () => {
    for (const lines of logs.values()) lines.length = 0;
    gate.resolve();
  });
  await succeeding;
  await jobEnd(master.leading.services.jobs, id);
  await until('its end is told', () => story(logs, first).some(({ text }) => text === 'opcode ended'));
  assert.equal((await master.leading.services.jobs.get(id))?.trace, first);
  const texts = new Set(story(logs, first).map(({ place, text }) => `${place}: ${text}`));
  for (const text of ['master: step done', 'master: node called', 'master: opcode ended', 'node1: call done'])
    assert.ok(texts.has(text), text);
});

test('jobs of an evacuation have its trace', async () => {
  const { master, send } = await startTracedCluster();
  const { jobs } = master.leading.services;
  await jobEnd(jobs, Number(await send('POST', '/2/jobs', second, create('web1', 'node1'))));
  await jobEnd(jobs, Number(await send('POST', '/2/nodes/node1/evacuate', first, { mode: 'primary-only', remote_node: 'node2' })));
  const moves = jobs.list().filter(({ ops }) => ops[0]?.input['OP_ID'] === 'OP_INSTANCE_MIGRATE');
  assert.deepEqual(
    moves.map(({ trace }) => trace),
    [first],
  );
  for (const { id } of moves) await jobEnd(jobs, id);
});

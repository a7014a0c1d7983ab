import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { seededRandom } from '../../base/index.ts';
import { jobStatus } from '../../model/index.ts';
import type { OpInput } from '../job-queue.ts';
import { newDirectory, openFixture } from '../testing/queue-fixture.ts';
import type { CrashOrder } from '../testing/test-crash-child.ts';
import { effects, testOperations } from '../testing/test-operations.ts';
import { end } from '../testing/test-queues.ts';

const create: OpInput = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1' };
const broken: OpInput = { ...create, os_type: 'broken' };
const remove: OpInput = { OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web1' };
const present = ['*.disk0', '*.disk1', '*.run'];

interface Scenario {
  readonly prepare: readonly OpInput[];
  readonly op: OpInput;
  readonly status: string;
  /** Effects in the world before the job, and after its end. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly undone?: readonly string[];
  /** How many jobs there are in the end, when one submits others; they run beside it, so the points vary. */
  readonly jobs?: number;
}

const scenarios: Record<string, Scenario> = {
  creation: { prepare: [], op: create, status: 'success', before: [], after: present },
  'a creation whose last effect fails': {
    prepare: [],
    op: broken,
    status: 'error',
    before: [],
    after: [],
    undone: ['start', 'create-disk-1', 'create-disk-0', 'reserve'],
  },
  'a job that submits another one': {
    prepare: [],
    op: { OP_ID: 'OP_NODE_EVACUATE', node_name: 'web1' },
    status: 'success',
    before: [],
    after: present,
    jobs: 2,
  },
  removal: { prepare: [create], op: remove, status: 'success', before: present, after: [] },
};

/** Runs the master of `test-crash-child.ts`. */
let cache: { dir: string; remove: () => Promise<void> };
before(async () => {
  // Many processes of one program: the compiled code of the first serves the others.
  cache = await newDirectory();
});
after(() => cache.remove());

function runMaster(order: CrashOrder): Promise<{ signal: string | null; code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../testing/test-crash-child.ts'), JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_COMPILE_CACHE: cache.dir },
    });
    let output = '';
    child.stdout.on('data', (piece: Buffer) => {
      output += piece.toString();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
}

/** A directory with what was before the job. */
async function prepare(scenario: Scenario): Promise<{ dir: string; remove: () => Promise<void> }> {
  const template = await newDirectory();
  const world = join(template.dir, 'world');
  await mkdir(world);
  const fixture = await openFixture(template.dir, { operations: testOperations({ dir: world }) });
  for (const op of scenario.prepare) await end(fixture.queue, await fixture.queue.submit([op], 'alice'));
  await fixture.close();
  return template;
}

/** Kills a master at each of the points in turn, resumes, and checks the end. */
async function crash(scenario: Scenario, killAt: readonly number[], template: string): Promise<number> {
  const home = await newDirectory();
  try {
    await cp(template, home.dir, { recursive: true });
    let acknowledged = false;
    let points = 0;
    for (const [i, point] of killAt.entries()) {
      const first = i === 0;
      const order = { dir: home.dir, submit: first ? [scenario.op] : [], killAt: point };
      const { signal, code, output } = await runMaster(order);
      // A resumed master may have fewer points left; then it ends by itself.
      if (point > 0 && first && scenario.jobs === undefined) assert.equal(signal, 'SIGKILL', `point ${point}: ended with ${code}`);
      else assert.ok(signal === 'SIGKILL' || code === 0, `the master ended with ${signal ?? code}`);
      acknowledged ||= output.includes('acknowledged');
      points = Number(/points (\d+)/.exec(output)?.[1] ?? 0);
    }
    await checkEnd(scenario, home.dir, acknowledged, `killed at ${killAt.join(', ')}`);
    return points;
  } finally {
    await home.remove();
  }
}

async function checkEnd(scenario: Scenario, dir: string, acknowledged: boolean, when: string): Promise<void> {
  const world = join(dir, 'world');
  const fixture = await openFixture(dir, { operations: testOperations({ dir: world }) });
  try {
    const job = fixture.queue.list()[scenario.prepare.length];
    if (acknowledged) assert.ok(job, `${when}: an acknowledged job is lost`);
    if (job) {
      const ended = await end(fixture.queue, job.id);
      assert.equal(jobStatus(ended), scenario.status, when);
      assert.deepEqual(ended.ops[0]?.execution?.undoing?.undone, scenario.undone, when);
      for (const { id } of fixture.queue.list())
        assert.equal(jobStatus(await end(fixture.queue, id)), scenario.status, `${when}: job ${id}`);
      const count = fixture.queue.list().length - scenario.prepare.length;
      assert.equal(count, scenario.jobs ?? 1, `${when}: each is submitted once`);
    }
    const expected = job ? scenario.after : scenario.before;
    assert.deepEqual(await effects(world), expected, when);
    const instances = [...fixture.config.current.instances.values()];
    assert.deepEqual(
      instances.map(({ name, forthcoming }) => [name, forthcoming]),
      expected.length > 0 ? [['web1', false]] : [],
      when,
    );
    for (const prefix of ['/config/names/instance/', '/config/claims/']) {
      assert.equal((await fixture.store.range(prefix)).entries.length, instances.length, `${when}: ${prefix}`);
    }
    await until(`${when}: locks are free`, () => fixture.queue.locks().length === 0);
  } finally {
    await fixture.close();
  }
}

/** Slow: starts a process for each point, two at a time; about 70. */
describe('a master that is killed', { concurrency: 2 }, () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    test(`at any point of ${name} leaves nothing behind that its successor does not end`, async () => {
      const template = await prepare(scenario);
      try {
        const points = await crash(scenario, [0], template.dir);
        assert.ok(points >= 16, `only ${points} points`);
        for (let point = 1; point <= points; point++) await crash(scenario, [point], template.dir);
      } finally {
        await template.remove();
      }
    });
  }

  test('while many submit has lost no job that it acknowledged, and gives no number twice', async () => {
    const delays = Array.from({ length: 100 }, (): OpInput => ({ OP_ID: 'OP_TEST_DELAY', duration: 0 }));
    for (const killAt of [3, 4, 7, 10]) {
      const home = await newDirectory();
      try {
        await mkdir(join(home.dir, 'world'));
        const { output } = await runMaster({ dir: home.dir, submit: delays, killAt });
        const acknowledged = [...output.matchAll(/acknowledged (\d+)/g)].map(([, id]) => Number(id));
        const fixture = await openFixture(home.dir, { operations: testOperations({ dir: home.dir }) });
        const stored = fixture.queue.list().map(({ id }) => id);
        assert.deepEqual(
          acknowledged.filter((id) => !stored.includes(id)),
          [],
        );
        for (const id of stored) await end(fixture.queue, id);
        assert.equal(await fixture.queue.submit([delays[0] as OpInput], 'alice'), Math.max(0, ...stored) + 1);
        await fixture.close();
      } finally {
        await home.remove();
      }
    }
  });

  test('again while it takes over', async () => {
    const random = seededRandom(7);
    const scenario = scenarios['a creation whose last effect fails'] as Scenario;
    const template = await prepare(scenario);
    const pick = (most: number) => 1 + Math.floor(random() * most);
    try {
      for (let i = 0; i < 4; i++) await crash(scenario, [pick(20), pick(8), pick(6)], template.dir);
    } finally {
      await template.remove();
    }
  });
});

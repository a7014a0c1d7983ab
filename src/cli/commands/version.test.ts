import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { version } from '../../base/index.ts';
import { type FakeCluster, Refusal, startFakeCluster } from '../testing/fake-cluster.ts';
import { runInProcess } from '../testing/run-in-process.ts';

const [major = 0, minor = 0] = version.split('.').map(Number);
const series = (apart: number) => `${major}.${minor + apart}.7`;

let cluster: FakeCluster;
const gantry = (...args: string[]) => runInProcess(['version', ...args], cluster.env);

before(async () => {
  cluster = await startFakeCluster();
  const cells = (name: string, agent: string | null) => [
    [0, name],
    [agent === null ? 2 : 0, agent],
  ];
  const data = [cells('n1', version), cells('n2', series(0)), cells('n3', series(1)), cells('n4', series(2)), cells('n5', null)];
  cluster.on('PUT /2/query/node', () => ({ data }));
});
beforeEach(() => cluster.on('GET /2/info', () => ({ master: 'n1', software_version: version })));
after(() => cluster.close());

test('client, master and agents have a row each; what is of another version is marked', async () => {
  const { code, stdout } = await gantry();
  assert.equal(code, 0);
  const [first, , ...rows] = stdout.trimEnd().split('\n');
  assert.equal(first, `gantry ${version}`);
  assert.deepEqual(
    rows.map((row) => row.split(/ {2,}/)),
    [
      ['client', version],
      ['master', 'n1', version],
      ['agent', 'n1', version],
      ['agent', 'n2', series(0), 'another release than the master'],
      ['agent', 'n3', series(1), 'newer than the master: upgrade the master'],
      ['agent', 'n4', series(2), 'more than one version from the master: upgrade in steps of one version'],
      ['agent', 'n5', '?', 'it has not told its version: it is offline, or has not joined or answered'],
    ],
  );
});

test('the same for scripts', async () => {
  const { master, agents, ...own } = JSON.parse((await gantry('--output', 'json')).stdout) as Record<string, unknown>;
  assert.deepEqual(own, { version, node: process.version });
  assert.deepEqual(master, { node: 'n1', version });
  assert.deepEqual(
    (agents as { node: string; skew: string | null }[]).map(({ node, skew }) => [node, skew]),
    [
      ['n1', 'same'],
      ['n2', 'release'],
      ['n3', 'newer'],
      ['n4', 'far'],
      ['n5', null],
    ],
  );
});

test('an own version is known without a cluster, and beside one that refuses', async () => {
  cluster.seen.length = 0;
  assert.deepEqual(await gantry('--client'), { code: 0, stdout: `gantry ${version}\n`, stderr: '' });
  assert.deepEqual(cluster.seen, []);
  cluster.on('GET /2/info', () => new Refusal(401, { message: 'no' }));
  const { code, stdout, stderr } = await gantry();
  assert.deepEqual([code, stdout], [0, `gantry ${version}\n`]);
  assert.match(stderr, /^The cluster could not be asked: /);
  const { error } = JSON.parse((await gantry('--output', 'json')).stdout) as { error?: { code: string } };
  assert.ok(error?.code);
});

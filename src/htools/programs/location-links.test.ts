import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runQuietly, type SmallCluster, textOf } from './testing/small-cluster.ts';

/** Two rooms; two mirrors of 84 Mbit/s each cross a link of 100. */
const rooms: SmallCluster = {
  nodes: ['x1', 'x2', 'y1', 'y2'].map((name) => ({ name })),
  instances: [
    { name: 'db1', template: 'drbd', primary: 'x1', secondary: 'y1' },
    { name: 'db2', template: 'drbd', primary: 'y2', secondary: 'x2' },
  ],
};

let folder = '';
let options: readonly string[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-links-'));
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  options = [
    ...['-t', await write('cluster.data', textOf(rooms))],
    ...[
      '--location',
      await write(
        'location.yaml',
        'levels: [room]\ndomains:\n  - { name: x, nodes: ["x*"] }\n  - { name: y, nodes: ["y*"] }\nlinks:\n  - { between: [x, y], bandwidth: 100 }\n',
      ),
    ],
    ...['--write-rates', await write('rates', 'db1 10\ndb2 10.0\n')],
  ];
});
after(() => rm(folder, { recursive: true, force: true }));

describe('the write load of mirrors and the link between rooms', () => {
  test('hcheck finds the bottleneck, and says whose mirrors were not measured', async () => {
    const { code, out } = await runQuietly('hcheck', ...options);
    assert.equal(code, 1);
    assert.match(out, /^Broken: link x - y: bandwidth: mirrored disks write 168 Mbit\/s, 100 Mbit\/s are free for them$/m);
    assert.match(out, /^x - y: 168 % of 100 Mbit\/s, OVERLOADED; 168 Mbit\/s of 2 mirrors, 0 Mbit\/s of others$/m);
    const unmeasured = await runQuietly('hcheck', ...options.slice(0, -2));
    assert.equal(unmeasured.code, 0);
    assert.match(unmeasured.out, /^x - y: 0 % of 100 Mbit\/s; 0 Mbit\/s of 2 mirrors, 2 of them not measured, 0 Mbit\/s of others$/m);
  });

  test('hbal takes mirrors off it', async () => {
    const { code, out } = await runQuietly('hbal', ...options, '--explain', '-S', join(folder, 'saved'));
    assert.equal(code, 0);
    assert.match(out, /improves: .*link x - y: bandwidth/);
    assert.match(out, /Rules of location: all hard ones hold/);
    const judged = await runQuietly('hcheck', '-t', join(folder, 'saved.balanced'), ...options.slice(2));
    assert.equal(judged.code, 0, judged.out);
  });
});

test('jobs of a set send no more over a link than it has room for', async () => {
  const instances = [1, 2, 3, 4].map((k) => ({
    name: `web${k}`,
    template: 'ext' as const,
    primary: k % 2 === 0 ? 'x1' : 'x2',
    secondary: '',
  }));
  const cluster = join(folder, 'links.data');
  await writeFile(cluster, textOf({ nodes: rooms.nodes, instances }));
  const jobsIn = async (megabits: number) => {
    const location = join(folder, `links-${megabits}.yaml`);
    const domains = 'domains:\n  - { name: x, nodes: ["x*"] }\n  - { name: y, nodes: ["y*"] }\n';
    await writeFile(location, `levels: [room]\n${domains}links:\n  - { between: [x, y], bandwidth: ${megabits} }\n`);
    const { code, out } = await runQuietly('hbal', '-t', cluster, '--location', location, '-C');
    assert.equal(code, 0, out);
    return [...out.matchAll(/echo jobset \d+, (\d+) jobs/g)].map(([, jobs]) => Number(jobs));
  };
  assert.deepEqual(await jobsIn(10_000), [2]);
  assert.deepEqual(await jobsIn(1000), [1, 1]);
});

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

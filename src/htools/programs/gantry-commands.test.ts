import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { commandWords } from '../print/command-words.ts';
import { runQuietly } from './testing/small-cluster.ts';

const captured = join(import.meta.dirname, '../sources/testdata/rapi');

let root = '';
const folderOf = (manager: string) => join(root, manager);
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'gantry-commands-'));
  const read = async (name: string) => JSON.parse(await readFile(join(captured, `${name}.json`), 'utf8'));
  const info = await read('info');
  const nodes = (await read('nodes')) as { name: string }[];
  const [first] = nodes;
  for (const manager of ['gantry', 'ganeti']) {
    const folder = folderOf(manager);
    await cp(captured, folder, { recursive: true });
    const write = (name: string, value: unknown) => writeFile(join(folder, `${name}.json`), JSON.stringify(value));
    await write('info', { ...info, vcs_version: `(${manager}) version 3.0.2` });
    // All of them on one node, and free to move.
    const moved = ((await read('instances')) as object[]).map((one) => ({ ...one, disk_template: 'ext', pnode: first?.name, snodes: [] }));
    await write('instances', moved);
  }
});
after(() => rm(root, { recursive: true }));

/** Lines with commands of the plan. */
async function commandsOf(manager: string): Promise<string[]> {
  const { code, out, err } = await runQuietly('hbal', '-m', `file://${folderOf(manager)}`, '-G', 'default', '-C');
  assert.equal(code, 0, err);
  return out.split('\n').flatMap((line) => /^ +(g\S+ .*)$/.exec(line)?.[1] ?? []);
}

test('a Gantry cluster gets commands of Gantry, a Ganeti cluster those of Ganeti', async () => {
  const [gantrys, ganetis] = [await commandsOf('gantry'), await commandsOf('ganeti')];
  assert.ok(gantrys.length > 0);
  assert.ok(
    gantrys.every((line) => line.startsWith('gantry instance ')),
    gantrys.join('\n'),
  );
  assert.ok(
    ganetis.every((line) => line.startsWith('gnt-instance ')),
    ganetis.join('\n'),
  );
  assert.equal(gantrys.length, ganetis.length);
});

test('every command in both words', () => {
  const both = [commandWords({ managedBy: 'gantry' }), commandWords({})];
  const all = both.map((words) => [
    words.migrate('web', 'n2'),
    words.migrate('web', undefined),
    words.failover('web', 'n2'),
    words.replaceSecondary('web', 'n2'),
    words.tagNode('n1', 'a:b'),
    words.powerNode('n1', false),
  ]);
  assert.deepEqual(all, [
    [
      'gantry instance migrate -n n2 web',
      'gantry instance migrate web',
      'gantry instance failover --yes -n n2 web',
      "echo 'Give instance web the secondary node n2 by hand.'",
      'gantry tag add node n1 a:b',
      "echo 'Switch node n1 off by hand.'",
    ],
    [
      'gnt-instance migrate -f -n n2 web',
      'gnt-instance migrate -f web',
      'gnt-instance failover -f -n n2 web',
      'gnt-instance replace-disks -n n2 web',
      'gnt-node add-tags n1 a:b',
      'gnt-node power -f off n1',
    ],
  ]);
});
